import type { Clock } from '../../lib/clock.js';
import type { SinkConfig } from '../../config/schema/sink-schema.js';
import { BigQuerySink } from './bigquery-sink.js';
import { googleToken } from './google-token.js';
import { JsonlSink } from './jsonl-sink.js';
import { NatsSink } from './nats-sink.js';
import type { Sink } from './sink.js';

/**
 * The sink of a config. Nothing is opened before the first delivery.
 *
 * @throws {OperatorError} when a key file cannot be used.
 */
export function createSink(config: SinkConfig, clock: Clock): Sink {
  switch (config.type) {
    case 'jsonl':
      return new JsonlSink(config, clock);
    case 'nats':
      return new NatsSink(config);
    case 'bigquery':
      return new BigQuerySink(config, { token: googleToken(config.keyFile), clock });
  }
}
