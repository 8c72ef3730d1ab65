import type { OutgoingEvent } from './outgoing-event.js';

/** What became of a batch. An event that is neither delivered nor refused has to come again. */
export interface Delivery {
  /** Places in the batch of the events that the sink keeps for good. */
  readonly delivered: readonly number[];
  /** The events that the sink will never take. */
  readonly refused: readonly Refusal[];
  /** What went wrong with the rest; undefined when there is none, or when it was not tried for want of time. */
  readonly failure: SinkFailure | undefined;
}

export interface Refusal {
  /** Place in the batch. */
  readonly index: number;
  /** A sentence for the operator. */
  readonly reason: string;
}

/** A place outside to which events go. */
export interface Sink {
  readonly name: string;
  /**
   * Hands over a batch, in the order in which things happened. The same event may come again, with the same id:
   * until the caller has learned of the delivery, there was none.
   *
   * Where the sink keeps an order at all, no event is there before an earlier one of the same user, unless that
   * was refused. Resolves within {@link DELIVERY_LIMIT_MS}, whatever a server does.
   *
   * @throws {SinkFailure} when nothing was delivered.
   */
  deliver(events: readonly OutgoingEvent[]): Promise<Delivery>;
  /** Gives up a delivery under way, and everything that is open. */
  close(): Promise<void>;
}

/** The longest that a delivery takes. The transaction around it must be allowed to take longer. */
export const DELIVERY_LIMIT_MS = 25_000;

/** A sink did not take events that it may take later. */
export class SinkFailure extends Error {
  override readonly name = 'SinkFailure';
  /** How long the sink asks to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, details: { cause?: unknown; retryAfterMs?: number | undefined } = {}) {
    super(message, { cause: details.cause });
    this.retryAfterMs = details.retryAfterMs;
  }

  /** An error as a failure of a sink. */
  static from(error: unknown, message: string): SinkFailure {
    if (error instanceof SinkFailure) return error;
    const detail = error instanceof Error ? error.message : String(error);
    return new SinkFailure(`${message}: ${detail}`, { cause: error });
  }
}
