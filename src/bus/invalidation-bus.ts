import type { Logger } from '../lib/logger.js';

/**
 * Tells the other replicas of one gateway whose profiles changed, so that none serves from memory what is out of
 * date. What is told may arrive twice, and an old message after a newer one: it only ever means "read again".
 */
export interface InvalidationBus {
  /**
   * Tells every other replica that what it holds of these people is out of date. To be called after the commit, so
   * that whoever reads again reads what was committed. Neither waits nor throws; while there is no connection, the
   * keys are kept and told later.
   */
  publish(userKeys: readonly string[]): void;
  /**
   * Whether messages of the others arrive now. While false, what a cache holds must not be trusted for longer than
   * a short life; it is false until the first connection, too.
   */
  readonly reliable: boolean;
  /** Tells what is still to be told, if that goes quickly, and ends the connections. */
  close(): Promise<void>;
}

/** What a replica does about messages of the others; its own are not told to it. */
export interface InvalidationHandler {
  /** These people changed elsewhere. */
  onInvalidated(userKeys: readonly string[]): void;
  /** Messages may have been missed, so anybody may have changed. Told before `reliable` becomes true. */
  onGap(): void;
  onReliabilityChange(reliable: boolean): void;
}

export interface BusOptions {
  /** Connection string; it may hold a password, and is never logged. */
  readonly url: string;
  /** Name of the channel that the replicas share; letters, digits, and underscores. */
  readonly channel: string;
  /** Id of this replica, unique among all that share the bus; at most 100 characters. */
  readonly origin: string;
  readonly handler: InvalidationHandler;
  readonly logger: Logger;
  /** A number from 0 to below 1, so that replicas do not all return in the same instant. */
  readonly random: () => number;
  readonly timings?: Partial<BusTimings>;
}

export interface BusTimings {
  /** From one proof that the connection lives to the next question. */
  readonly heartbeatMs: number;
  /** Without an answer for this long, the bus is not reliable: at worst `heartbeatMs` more after the last proof. */
  readonly answerMs: number;
  /** Without an answer for this much longer, the connection is given up for a new one. */
  readonly giveUpMs: number;
  /** For connecting, listening, and hearing oneself. */
  readonly openMs: number;
  /** Between attempts to connect, on average: this, doubled with each that fails, up to `retryMaxMs`. */
  readonly retryMinMs: number;
  readonly retryMaxMs: number;
}

export const defaultBusTimings: BusTimings = {
  heartbeatMs: 1_000,
  answerMs: 1_000,
  giveUpMs: 3_000,
  openMs: 3_000,
  retryMinMs: 50,
  retryMaxMs: 2_000,
};
