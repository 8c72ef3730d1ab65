import { errorMessage } from '../../lib/errors.js';
import type { OutgoingEvent } from './outgoing-event.js';

/** Destination of recorded events. */
export interface Sink {
  readonly name: string;
  /**
   * Delivers a batch, in the order in which the events were recorded. An event may be delivered again, with the same id,
   * if the caller could not record its delivery.
   *
   * A sink that keeps an order stores no event before an earlier one of the same user, unless that one was rejected.
   * Resolves within {@link DELIVERY_LIMIT_MS}, whatever the server does.
   *
   * @throws {SinkFailure} when nothing was delivered.
   */
  deliver(events: readonly OutgoingEvent[]): Promise<Delivery>;
  /** Aborts a delivery in progress and closes all connections. May be called more than once. */
  close(): Promise<void>;
}

/** Result of delivering a batch. Events that are neither delivered nor rejected must be delivered again. */
export interface Delivery {
  /** Indexes in the batch of the events that the sink has stored. */
  readonly delivered: readonly number[];
  /** Events that the sink rejects permanently. */
  readonly rejected: readonly RejectedEvent[];
  /** Why other events were not delivered; undefined if there are none, or if time ran out before they were sent. */
  readonly failure: SinkFailure | undefined;
}

export interface RejectedEvent {
  /** Index in the batch. */
  readonly index: number;
  /** A sentence for the operator. */
  readonly reason: string;
}

/** Upper bound of one delivery. The transaction around it must be allowed to take longer. */
export const DELIVERY_LIMIT_MS = 25_000;

/** A sink failed to store events that it may store later. */
export class SinkFailure extends Error {
  override readonly name = 'SinkFailure';
  /** Delay that the sink asks for before the next delivery. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, details: { cause?: unknown; retryAfterMs?: number | undefined } = {}) {
    super(message, { cause: details.cause });
    this.retryAfterMs = details.retryAfterMs;
  }

  /** Converts any error; a `SinkFailure` stays as it is. */
  static from(error: unknown, message: string): SinkFailure {
    if (error instanceof SinkFailure) return error;
    return new SinkFailure(`${message}: ${errorMessage(error)}`, { cause: error });
  }
}
