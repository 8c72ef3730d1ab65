import { describe, expect, it } from 'vitest';
import { LocalCounters, type Consumed } from '../../../src/auth/rate-limits/counters.js';
import {
  rateLimitHeaders,
  RateLimits,
  type RateLimitConfig,
} from '../../../src/auth/rate-limits/rate-limits.js';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';

const defaults = loadRankingConfig(undefined).rateLimits;
const ada = { viewer: { role: 'CLIENT', userKey: 'ada', expiresAtMs: 1e15 }, address: '192.0.2.7' } as const;
const ben = { ...ada, viewer: { ...ada.viewer, userKey: 'ben' } } as const;

/** Counts in a window that never ends by itself. */
class Counter {
  readonly points = new Map<string, number>();
  calls = 0;
  fails = false;

  add(key: string, points: number): Promise<Consumed> {
    this.calls += 1;
    this.points.set(key, (this.points.get(key) ?? 0) + points);
    return Promise.resolve({ points: this.points.get(key) ?? 0, resetMs: 30_000 });
  }
}

function setUp(overrides: Partial<RateLimitConfig> = {}, shared?: Counter) {
  const local = new Counter();
  const state = {
    nowMs: 1_000,
    config: { ...defaults, client: { points: 1_000, seconds: 60 }, ...overrides },
  };
  const rates = new RateLimits({
    ...{ config: () => state.config, local, clock: () => state.nowMs },
    shared: shared && {
      add: (key, points) => (shared.fails ? Promise.resolve(undefined) : shared.add(key, points)),
    },
  });
  return { rates, local, state };
}

describe('the rate limit', () => {
  it('allows the points of a window and rejects the next one, for each user alone', async () => {
    const { rates } = setUp();
    expect(await rates.consume(ada, 400)).toEqual({
      ...{ isAllowed: true, limit: 1_000, windowSeconds: 60, remaining: 600, resetMs: 30_000 },
    });
    expect(await rates.consume(ada, 600)).toMatchObject({ isAllowed: true, remaining: 0 });
    expect(await rates.consume(ada, 1)).toMatchObject({ isAllowed: false, remaining: 0 });
    expect(await rates.consume(ben, 1)).toMatchObject({ isAllowed: true });
  });

  it('neither limits nor counts in development mode', async () => {
    const { rates, local } = setUp();
    const caller = { viewer: { role: 'OPEN' }, address: '127.0.0.1' } as const;
    expect(await rates.consume(caller, 1e9)).toBeUndefined();
    expect(rates.exhausted(caller)).toBeUndefined();
    expect(local.calls).toBe(0);
  });

  it('knows a caller without points until its window ends', async () => {
    const { rates, state } = setUp();
    await rates.consume(ada, 999);
    expect(rates.exhausted(ada)).toBeUndefined();
    await rates.consume(ada, 1);
    state.nowMs += 10_000;
    expect(rates.exhausted(ada)).toMatchObject({ isAllowed: false, remaining: 0, resetMs: 20_000 });
    expect(rates.exhausted(ben)).toBeUndefined();
    state.nowMs += 20_000;
    expect(rates.exhausted(ada)).toBeUndefined();
  });

  it('applies changed limits to the next request', async () => {
    const { rates, state } = setUp();
    await rates.consume(ada, 1_000);
    state.config = { ...state.config, client: { points: 5_000, seconds: 60 } };
    expect(rates.exhausted(ada)).toBeUndefined();
    expect(await rates.consume(ada, 1_000)).toMatchObject({
      isAllowed: true,
      limit: 5_000,
      remaining: 3_000,
    });
  });

  it('allows a replica its share without Redis', async () => {
    const { rates } = setUp({ replicas: 4 });
    expect(await rates.consume(ada, 250)).toMatchObject({ isAllowed: true, limit: 250, remaining: 0 });
    expect(await rates.consume(ada, 1)).toMatchObject({ isAllowed: false });
  });

  it('allows all points with Redis, and the share while Redis does not answer', async () => {
    const shared = new Counter();
    const { rates, local } = setUp({ replicas: 4 }, shared);
    expect(await rates.consume(ada, 900)).toMatchObject({ isAllowed: true, limit: 1_000, remaining: 100 });
    expect(local.calls).toBe(0);
    shared.fails = true;
    expect(await rates.consume(ada, 200)).toMatchObject({ isAllowed: true, limit: 250, remaining: 50 });
    expect(await rates.consume(ada, 51)).toMatchObject({ isAllowed: false });
  });

  it('states the window in the headers, in whole seconds', () => {
    const state = { isAllowed: true, limit: 1_000, windowSeconds: 60, remaining: 12, resetMs: 1_001 };
    expect(rateLimitHeaders(state)).toEqual([
      ['ratelimit-limit', '1000'],
      ['ratelimit-remaining', '12'],
      ['ratelimit-reset', '2'],
      ['ratelimit-policy', '1000;w=60'],
    ]);
  });
});

describe('the counters in memory', () => {
  it('count the points of a key in its window', async () => {
    const counters = new LocalCounters(10);
    await counters.add('ada', 5, 60);
    expect(await counters.add('ada', 7, 60)).toMatchObject({ points: 12 });
    expect(await counters.add('ben', 1, 60)).toMatchObject({ points: 1 });
  });

  it('evict the least recently used key beyond their maximum', async () => {
    const counters = new LocalCounters(2);
    await counters.add('first', 5, 60);
    await counters.add('second', 5, 60);
    await counters.add('first', 5, 60);
    await counters.add('third', 5, 60);
    expect(await counters.add('first', 0, 60)).toMatchObject({ points: 10 });
    expect(await counters.add('second', 1, 60)).toMatchObject({ points: 1 });
  });
});
