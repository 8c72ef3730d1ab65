import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentUsers } from '../../../src/evaluation/activity.js';
import { PastTrends, type TrendEvent } from '../../../src/evaluation/past-trends.js';
import { HOUR_MS } from '../../../src/lib/time.js';
import { trendingScores, trendingSums } from '../../../src/scoring/shared/trending.js';

const config = {
  windowHours: 3,
  halfLifeHours: 1,
  userCap: 8,
  minLocalUsers: 2,
  refreshSeconds: 60,
  popularity: { windowDays: 0.25, halfLifeDays: 0.1 },
};

const trendEvents = fc
  .array(
    fc.record({
      userKey: fc.constantFrom('u1', 'u2', 'u3'),
      marketId: fc.constantFrom('a', 'b', 'c'),
      weight: fc.constantFrom(-1, 0, 2, 6),
      atMs: fc.nat(10 * HOUR_MS),
      country: fc.constantFrom(null, 'IL', 'FR'),
    }),
    { maxLength: 40 },
  )
  .map((events): TrendEvent[] => events.sort((a, b) => a.atMs - b.atMs));

describe('past trends', () => {
  it('follow the formula over all earlier events, on the schedule of the gateway', () => {
    fc.assert(
      fc.property(
        trendEvents,
        fc.array(fc.nat(10 * HOUR_MS), { minLength: 1, maxLength: 8 }),
        (events, times) => {
          const trends = new PastTrends(config);
          const remaining = [...events];
          for (const nowMs of times.sort((a, b) => a - b)) {
            while ((remaining[0]?.atMs ?? Infinity) < nowMs)
              for (const event of remaining.splice(0, 1)) trends.add(event);
            const atMs = trends.trendsAtMs(nowMs);
            const before = events.filter((event) => event.atMs < atMs);
            const scopes = trends.scopesAt(atMs, () => true);
            expect(scopes.get('global') ?? new Map()).toEqual(trendingScores(before, atMs, config));
            const french = before.filter(
              ({ country, weight, atMs: then }) =>
                country === 'FR' && weight > 0 && atMs - then <= config.windowHours * HOUR_MS,
            );
            const isUsed = new Set(french.map(({ userKey }) => userKey)).size >= config.minLocalUsers;
            const popularity = trends.popularityAt(trends.popularityAtMs(nowMs), () => true);
            const earlier = events.filter((event) => event.atMs < trends.popularityAtMs(nowMs));
            const longer = { windowHours: 6, halfLifeHours: 2.4, userCap: 8 };
            for (const [id, sum] of trendingSums(earlier, trends.popularityAtMs(nowMs), longer)) {
              expect(popularity.get(id)).toBeCloseTo(sum / 8, 12);
            }
            expect(scopes.get('local:FR')).toEqual(isUsed ? trendingScores(french, atMs, config) : undefined);
          }
        },
      ),
    );
  });

  it('exclude markets that were not open from the scores and from the maximum', () => {
    const trends = new PastTrends(config);
    for (const marketId of ['a', 'a', 'b']) {
      trends.add({ userKey: 'u', marketId, weight: 2, atMs: 0, country: null });
    }
    expect(trends.scopesAt(HOUR_MS, (id) => id !== 'a').get('global')).toEqual(new Map([['b', 1]]));
  });

  it('are computed every full minute, and popularity every ten', () => {
    const trends = new PastTrends(config);
    expect(trends.trendsAtMs(59_999)).toBe(0);
    expect(trends.trendsAtMs(60_000)).toBe(60_000);
    expect(trends.popularityAtMs(1_199_999)).toBe(600_000);
  });
});

describe('recent users', () => {
  it('are the number of distinct users of each market within the window', () => {
    const engagement = fc.record({ atMs: fc.nat(100), user: fc.nat(3), market: fc.nat(2) });
    fc.assert(
      fc.property(fc.array(engagement, { maxLength: 40 }), fc.nat(120), (engagements, nowMs) => {
        const recent = new RecentUsers(3, 20);
        const past = engagements.filter(({ atMs }) => atMs < nowMs).sort((a, b) => a.atMs - b.atMs);
        for (const each of past) {
          recent.advanceTo(each.atMs);
          recent.add(each);
        }
        recent.advanceTo(nowMs);
        for (const market of [0, 1, 2]) {
          const within = past.filter((each) => each.market === market && nowMs - each.atMs <= 20);
          expect(recent.counts[market]).toBe(new Set(within.map(({ user }) => user)).size);
        }
      }),
    );
  });
});
