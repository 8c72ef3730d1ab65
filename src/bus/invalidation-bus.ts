import type { Logger } from '../lib/logger.js';

/**
 * Notifies the other replicas whose profiles changed, so that none serves an outdated profile from its cache. A message may
 * arrive twice or out of order: it only means "read the profile again".
 */
export interface InvalidationBus {
  /**
   * Notifies every other replica that its cached profiles of these users are outdated. Call it after the commit, so that a
   * replica that reads again reads what was committed. Neither waits nor throws; without a connection, the keys are sent
   * later.
   */
  publish(userKeys: readonly string[]): void;
  /** Makes every other replica read the privacy changes now. Neither waits nor throws. */
  announcePrivacyChanges(): void;
  /**
   * Whether messages of other replicas currently arrive. While false, cached profiles need a short TTL. Also false before
   * the first connection.
   */
  readonly reliable: boolean;
  /** Waits up to `answerMs` for pending messages to be sent, and closes the connections. */
  close(): Promise<void>;
}

/** Handles messages of other replicas. A replica does not receive its own messages. */
interface InvalidationHandler {
  /** Another replica changed the profiles of these users. */
  onInvalidated(userKeys: readonly string[]): void;
  /** Another replica stored privacy changes. */
  onPrivacyChanges(): void;
  /** Messages may have been lost, so any profile may have changed. Called before `reliable` becomes true. */
  onGap(): void;
  onReliabilityChange(reliable: boolean): void;
}

export interface BusOptions {
  /** Connection string. It may contain a password, and is never logged. */
  readonly url: string;
  /** Name of the channel that the replicas share: letters, digits, and underscores. */
  readonly channel: string;
  /** Id of this replica, unique among all that share the bus; at most 100 characters. */
  readonly origin: string;
  readonly handler: InvalidationHandler;
  readonly logger: Logger;
  /** Returns a number from 0 to below 1, so that replicas do not reconnect at the same instant. */
  readonly random: () => number;
  readonly timings?: Partial<BusTimings>;
}

export interface BusTimings {
  /** Interval between an answer to a ping and the next ping. */
  readonly heartbeatMs: number;
  /**
   * Without an answer to a ping for this time, the bus is not reliable. Detection takes at most `heartbeatMs` longer. Also
   * the time that `close` waits for pending messages.
   */
  readonly answerMs: number;
  /** Without an answer for this additional time, the bus reconnects. Also the timeout of sending a message. */
  readonly giveUpMs: number;
  /** Timeout of connecting, subscribing, and receiving the test message that the bus sends to itself. */
  readonly openMs: number;
  /** Average delay before the second attempt to connect. It doubles with each failure, up to `retryMaxMs`. */
  readonly retryMinMs: number;
  /** Average delay after many failures. */
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
