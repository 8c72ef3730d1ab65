import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { EVENT_TYPES } from '../../src/domain/event.js';
import { marketIds } from './deployment.js';

/** What is sent of an event. */
export interface SentEvent {
  readonly userKey: string;
  readonly marketId: string;
  readonly eventType: string;
  readonly clientEventId: string;
  readonly country: string;
  readonly occurredAt?: string;
  readonly dwellMs?: number;
  readonly stake?: number;
}

/** One of `values`, each as likely. */
export function pick<Value>(rng: RandomGenerator, values: readonly Value[]): Value {
  const value = values[uniformInt(rng, 0, values.length - 1)];
  if (value === undefined) throw new Error('There is nothing to pick from.');
  return value;
}

/** A random event of one of these users. A third of the events are reported up to 3 days late. */
export function randomEvent(
  rng: RandomGenerator,
  userKeys: readonly string[],
  clientEventId: string,
): SentEvent {
  const eventType = pick(rng, EVENT_TYPES);
  const lateMs = pick(rng, [0, 0, uniformInt(rng, 1, 3 * 86_400_000)]);
  return {
    userKey: pick(rng, userKeys),
    marketId: pick(rng, marketIds),
    eventType,
    clientEventId,
    country: pick(rng, ['DE', 'IL', 'US']),
    ...(lateMs === 0 ? {} : { occurredAt: new Date(Date.now() - lateMs).toISOString() }),
    ...(eventType.startsWith('DWELL') ? { dwellMs: uniformInt(rng, 5_000, 90_000) } : {}),
    ...(eventType === 'PARTICIPATE' ? { stake: uniformInt(rng, 1, 500) } : {}),
  };
}
