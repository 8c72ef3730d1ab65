import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CrowdTrends } from '../../../src/evaluation/crowd-trends.js';
import type { CrowdEvent } from '../../../src/evaluation/crowd-window.js';
import { RecentReach } from '../../../src/evaluation/recent-reach.js';
import { trendingScores, trendingSums } from '../../../src/scoring/shared/trending.js';

const HOUR_MS = 3_600_000;
const config = {
  windowHours: 3,
  halfLifeHours: 1,
  userCap: 8,
  minLocalUsers: 2,
  refreshSeconds: 60,
  popularity: { windowDays: 0.25, halfLifeDays: 0.1 },
};

const crowdEvents = fc
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
  .map((events): CrowdEvent[] => events.sort((a, b) => a.atMs - b.atMs));

describe('the trends of a crowd', () => {
  it('are, on the schedule, those of the formula over everything that happened before', () => {
    fc.assert(
      fc.property(
        crowdEvents,
        fc.array(fc.nat(10 * HOUR_MS), { minLength: 1, maxLength: 8 }),
        (events, times) => {
          const trends = new CrowdTrends(config);
          const left = [...events];
          for (const nowMs of times.sort((a, b) => a - b)) {
            while ((left[0]?.atMs ?? Infinity) < nowMs)
              for (const event of left.splice(0, 1)) trends.add(event);
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
            const people = events.filter((event) => event.atMs < trends.popularityAtMs(nowMs));
            const longer = { windowHours: 6, halfLifeHours: 2.4, userCap: 8 };
            for (const [id, sum] of trendingSums(people, trends.popularityAtMs(nowMs), longer)) {
              expect(popularity.get(id)).toBeCloseTo(sum / 8, 12);
            }
            expect(scopes.get('local:FR')).toEqual(isUsed ? trendingScores(french, atMs, config) : undefined);
          }
        },
      ),
    );
  });

  it('leave out markets that were not open, and set the others against the largest that is left', () => {
    const trends = new CrowdTrends(config);
    for (const marketId of ['a', 'a', 'b']) {
      trends.add({ userKey: 'u', marketId, weight: 2, atMs: 0, country: null });
    }
    expect(trends.scopesAt(HOUR_MS, (id) => id !== 'a').get('global')).toEqual(new Map([['b', 1]]));
  });

  it('are computed on the full minute, popularity every ten', () => {
    const trends = new CrowdTrends(config);
    expect(trends.trendsAtMs(59_999)).toBe(0);
    expect(trends.trendsAtMs(60_000)).toBe(60_000);
    expect(trends.popularityAtMs(1_199_999)).toBe(600_000);
  });
});

describe('recent reach', () => {
  it('is the number of distinct people of each market within the window', () => {
    const engagement = fc.record({ atMs: fc.nat(100), person: fc.nat(3), market: fc.nat(2) });
    fc.assert(
      fc.property(fc.array(engagement, { maxLength: 40 }), fc.nat(120), (engagements, nowMs) => {
        const reach = new RecentReach(3, 20);
        const past = engagements.filter(({ atMs }) => atMs < nowMs).sort((a, b) => a.atMs - b.atMs);
        for (const each of past) {
          reach.advanceTo(each.atMs);
          reach.add(each);
        }
        reach.advanceTo(nowMs);
        for (const market of [0, 1, 2]) {
          const within = past.filter((each) => each.market === market && nowMs - each.atMs <= 20);
          expect(reach.people[market]).toBe(new Set(within.map(({ person }) => person)).size);
        }
      }),
    );
  });
});
