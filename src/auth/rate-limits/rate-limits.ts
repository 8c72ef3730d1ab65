import { LRUCache } from 'lru-cache';
import type { RankingConfig } from '../../config/schema/ranking-schema.js';
import type { Clock } from '../../lib/clock.js';
import { SECOND_MS } from '../../lib/time.js';
import { rateIdOf, rateKeyOf, type Caller } from './caller.js';
import type { LocalCounters, SharedCounters } from './counters.js';

export type RateLimitConfig = RankingConfig['rateLimits'];

/** State of a caller's window after a request. */
export interface RateState {
  readonly isAllowed: boolean;
  /** Points of a window. */
  readonly limit: number;
  readonly windowSeconds: number;
  readonly remaining: number;
  /** Milliseconds until the window ends. */
  readonly resetMs: number;
}

/** Maximum number of callers whose windows are in memory. A caller beyond them begins a new window. */
export const MAX_CALLERS = 100_000;

/**
 * Limits the cost of the requests of a caller in a fixed window. With Redis, the window counts the requests on all replicas.
 * Without it, or while it does not answer, each replica allows its share.
 */
export class RateLimits {
  /** End of the window of callers without points, who are rejected without counting. */
  readonly #exhausted = new LRUCache<string, number>({ max: MAX_CALLERS });
  #config: RateLimitConfig | undefined;

  constructor(
    private readonly deps: {
      readonly config: () => RateLimitConfig;
      readonly local: Pick<LocalCounters, 'add'>;
      readonly shared: Pick<SharedCounters, 'add'> | undefined;
      readonly clock: Clock;
    },
  ) {}

  /** Returns the state of a caller that has no points left; undefined for any other. Neither waits nor counts. */
  exhausted(caller: Caller): RateState | undefined {
    const rateKey = rateKeyOf(caller);
    if (rateKey === undefined) return undefined;
    const config = this.#currentConfig();
    const endsAtMs = this.#exhausted.get(rateIdOf(rateKey)) ?? 0;
    const resetMs = endsAtMs - this.deps.clock();
    if (resetMs <= 0) return undefined;
    const { points, seconds } = config[rateKey.rateClass];
    return { isAllowed: false, limit: points, windowSeconds: seconds, remaining: 0, resetMs };
  }

  /** Counts a request. Returns undefined for a caller without a limit. */
  async consume(caller: Caller, cost: number): Promise<RateState | undefined> {
    const rateKey = rateKeyOf(caller);
    if (rateKey === undefined) return undefined;
    const config = this.#currentConfig();
    const { points, seconds } = config[rateKey.rateClass];
    const id = rateIdOf(rateKey);
    const total = await this.deps.shared?.add(id, Math.ceil(cost), seconds);
    const limit = total === undefined ? Math.max(1, Math.floor(points / config.replicas)) : points;
    const { points: used, resetMs } = total ?? (await this.deps.local.add(id, Math.ceil(cost), seconds));
    if (used >= limit) this.#exhausted.set(id, this.deps.clock() + resetMs);
    return {
      isAllowed: used <= limit,
      ...{ limit, windowSeconds: seconds, remaining: Math.max(0, limit - used), resetMs },
    };
  }

  /** Removes the exhausted callers when the limits change. */
  #currentConfig(): RateLimitConfig {
    const config = this.deps.config();
    if (config !== this.#config) {
      this.#config = config;
      this.#exhausted.clear();
    }
    return config;
  }
}

/**
 * Returns the response headers of the draft "RateLimit header fields for HTTP", in its version 6, and `Retry-After` of a rejected
 * request.
 */
export function rateLimitHeaders(state: RateState): [name: string, value: string][] {
  const { isAllowed, limit, windowSeconds, remaining, resetMs } = state;
  const resetSeconds = String(Math.ceil(resetMs / SECOND_MS));
  return [
    ['ratelimit-limit', String(limit)],
    ['ratelimit-remaining', String(remaining)],
    ['ratelimit-reset', resetSeconds],
    ['ratelimit-policy', `${limit};w=${windowSeconds}`],
    ...(isAllowed ? [] : [['retry-after', resetSeconds] satisfies [string, string]]),
  ];
}
