import type { Clock } from '../lib/clock.js';
import type { SinkConfig } from '../config/schema/sink-schema.js';
import { createSink } from './sinks/create-sink.js';
import { outgoingEvent } from './sinks/outgoing-event.js';
import { SinkRelay, type RelayParts, type RelayTransaction } from './sink-relay.js';
import { userPseudonym } from './sinks/user-pseudonym.js';

/** A relay for each configured sink. */
export class SinkRelays<Transaction extends RelayTransaction> {
  /** For whom the outbox is filled. */
  readonly sinks: readonly string[];
  readonly #relays: readonly SinkRelay<Transaction>[];

  /**
   * @param parts.store transactions that are given longer than `DELIVERY_LIMIT_MS`. Each relay keeps one open while
   *   it delivers, so they need connections that no request waits for.
   * @param parts.pseudonymSecret of which user pseudonyms are made.
   * @throws {OperatorError} when the secret is too short, or a key file cannot be used.
   */
  constructor(
    configs: readonly SinkConfig[],
    parts: Pick<RelayParts<Transaction>, 'store' | 'onRefused' | 'random' | 'logger'> & {
      readonly pseudonymSecret: string | Uint8Array;
      readonly clock: Clock;
    },
  ) {
    const { store, onRefused, random, logger, pseudonymSecret, clock } = parts;
    const pseudonym = userPseudonym(pseudonymSecret);
    this.sinks = configs.map(({ name }) => name);
    this.#relays = configs.map((config) => {
      const nameOf = config.userKeys === 'plain' ? (userKey: string) => userKey : pseudonym;
      return new SinkRelay({
        ...{ store, onRefused, random, logger },
        sink: createSink(config, clock),
        batchSize: config.batchSize,
        outgoing: (row) => outgoingEvent(row, nameOf),
      });
    });
  }

  start(): void {
    for (const relay of this.#relays) relay.start();
  }

  /** Tells of new events in the outbox, once they are committed. Returns at once. */
  wake(): void {
    for (const relay of this.#relays) relay.wake();
  }

  /** Lets deliveries under way come to their end, for at most `withinMs`, and closes the sinks. */
  async stop(withinMs = 5_000): Promise<void> {
    await Promise.all(this.#relays.map((relay) => relay.stop(withinMs)));
  }
}
