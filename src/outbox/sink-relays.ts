import type { SinkConfig } from '../config/schema/sink-schema.js';
import type { Clock } from '../lib/clock.js';
import { SinkRelay, type RelayTransaction, type SinkRelayDeps } from './sink-relay.js';
import { BigQuerySink } from './sinks/bigquery-sink.js';
import { googleToken } from './sinks/google-token.js';
import { JsonlSink } from './sinks/jsonl-sink.js';
import { NatsSink } from './sinks/nats-sink.js';
import { outgoingEvent } from './sinks/outgoing-event.js';
import type { Sink } from './sinks/sink.js';

const STOP_WITHIN_MS = 5_000;

/** One relay per configured sink. */
export class SinkRelays<Transaction extends RelayTransaction> {
  /** Names of the sinks; each recorded event is queued for all of them. */
  readonly sinks: readonly string[];
  readonly #relays: readonly SinkRelay<Transaction>[];

  /**
   * @param deps.store its transactions must be allowed to take longer than `DELIVERY_LIMIT_MS`. Each relay keeps one open
   *   during a delivery, so they need connections that no request waits for.
   * @param deps.pseudonymOf maps a user key to the pseudonym that leaves the gateway.
   * @throws {OperatorError} when a key file cannot be used.
   */
  constructor(
    configs: readonly SinkConfig[],
    deps: Pick<SinkRelayDeps<Transaction>, 'store' | 'onDeadLetters' | 'random' | 'logger'> & {
      readonly pseudonymOf: (userKey: string) => string;
      readonly clock: Clock;
    },
  ) {
    const { store, onDeadLetters, random, logger, pseudonymOf, clock } = deps;
    this.sinks = configs.map(({ name }) => name);
    this.#relays = configs.map((config) => {
      const userIdOf = config.userKeys === 'plain' ? (userKey: string) => userKey : pseudonymOf;
      return new SinkRelay({
        ...{ store, onDeadLetters, random, logger },
        sink: createSink(config, clock),
        batchSize: config.batchSize,
        toOutgoing: (row) => outgoingEvent(row, userIdOf),
      });
    });
  }

  start(): void {
    for (const relay of this.#relays) relay.start();
  }

  /** Signals committed events in the outbox. Returns at once. */
  wake(): void {
    for (const relay of this.#relays) relay.wake();
  }

  /** Waits at most `withinMs` for deliveries in progress, and closes the sinks. */
  async stop(withinMs = STOP_WITHIN_MS): Promise<void> {
    await Promise.all(this.#relays.map((relay) => relay.stop(withinMs)));
  }
}

/** Opens nothing before the first delivery. */
function createSink(config: SinkConfig, clock: Clock): Sink {
  switch (config.type) {
    case 'jsonl':
      return new JsonlSink(config, clock);
    case 'nats':
      return new NatsSink(config);
    case 'bigquery':
      return new BigQuerySink(config, { token: googleToken(config.keyFile), clock });
  }
}
