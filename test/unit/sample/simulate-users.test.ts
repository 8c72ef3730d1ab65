import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventType, FeedSection } from '../../../src/generated/prisma/enums.js';
import { userKeySchema } from '../../../src/lib/input/text-schemas.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/lib/time.js';
import { archetypes } from '../../../src/sample/archetypes.js';
import { loadSampleCatalog } from '../../../src/sample/sample-catalog.js';
import { simulateUsers } from '../../../src/sample/simulate-users.js';

/** Not on a full minute or hour. */
const nowMs = Date.UTC(2026, 4, 3, 17, 2, 30);
const markets = loadSampleCatalog(nowMs);
const marketById = new Map(markets.map((market) => [market.id, market]));
const { users, interactions } = simulateUsers(markets, { seed: 1, nowMs, users: 500, days: 14 });
const POSITIVE_TYPES = new Set([
  ...['PARTICIPATE', 'COMMENT', 'SHARE', 'BOOKMARK', 'PARTICIPATE_INTENT', 'RETURN_VISIT'],
  ...['CLICK', 'VIEW_MARKET', 'DWELL_5', 'DWELL_30'],
]);
const archetypeOf = new Map(users.map(({ userKey, archetype }) => [userKey, archetype]));
const positiveEvents = interactions.filter(({ eventType }) => POSITIVE_TYPES.has(eventType));
const count = (eventType: string) => interactions.filter((event) => event.eventType === eventType).length;

function categoryShare(archetype: string, categories: readonly string[]): number {
  const events = positiveEvents.filter(({ userKey }) => archetypeOf.get(userKey) === archetype);
  const inCategories = events.filter(({ marketId }) =>
    categories.includes(marketById.get(marketId)?.category ?? ''),
  );
  return inCategories.length / events.length;
}

describe('simulateUsers', () => {
  test('returns the requested number of users with valid keys', () => {
    expect(new Set(users.map(({ userKey }) => userKey)).size).toBe(500);
    expect(users.filter(({ userKey }) => !userKeySchema.safeParse(userKey).success)).toEqual([]);
  });

  test('distributes users over all archetypes, whose shares sum to 1', () => {
    expect(archetypes.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 10);
    expect(new Set(users.map(({ archetype }) => archetype)).size).toBe(archetypes.length);
  });

  test('returns 20,000 to 30,000 interactions: mostly impressions, then clicks, then trades', () => {
    expect(interactions.length).toBeGreaterThanOrEqual(20_000);
    expect(interactions.length).toBeLessThanOrEqual(30_000);
    expect(count('CLICK') / count('IMPRESSION')).toBeGreaterThan(0.15);
    expect(count('CLICK') / count('IMPRESSION')).toBeLessThan(0.4);
    expect(count('PARTICIPATE') / count('CLICK')).toBeGreaterThan(0.04);
    expect(count('PARTICIPATE') / count('CLICK')).toBeLessThan(0.2);
  });

  test('returns every event type except UNHIDE', () => {
    const returned = new Set(interactions.map(({ eventType }) => eventType));
    const expected = Object.values(EventType).filter((eventType) => eventType !== 'UNHIDE');
    expect([...returned].sort()).toEqual([...expected].sort());
  });

  test('returns interactions in time order, in the last 14 days, with open and allowed markets only', () => {
    const times = interactions.map(({ occurredAt }) => Date.parse(occurredAt));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(nowMs - 14 * DAY_MS);
    expect(times.at(-1)).toBeLessThanOrEqual(nowMs);
    const invalid = interactions.filter(({ marketId, occurredAt, country }) => {
      const market = marketById.get(marketId);
      return (
        market === undefined ||
        occurredAt < market.createdAt ||
        occurredAt > market.resolvesAt ||
        market.blockedCountries?.includes(country ?? '')
      );
    });
    expect(invalid).toEqual([]);
  });

  test('returns no interaction after the end of a market, even within a session', () => {
    // Open for 20 minutes each, so that markets end within sessions; overlapping, so that some are always open.
    const shortLived = markets.map((market, index) => {
      const createdAtMs = nowMs - DAY_MS + index * 3.5 * MINUTE_MS;
      return {
        ...market,
        createdAt: new Date(createdAtMs).toISOString(),
        resolvesAt: new Date(createdAtMs + 20 * MINUTE_MS).toISOString(),
      };
    });
    const endById = new Map(shortLived.map(({ id, resolvesAt }) => [id, resolvesAt]));
    const day = simulateUsers(shortLived, { seed: 1, nowMs, users: 500, days: 1 }).interactions;
    expect(day.length).toBeGreaterThan(500);
    expect(day.filter(({ marketId, occurredAt }) => occurredAt > (endById.get(marketId) ?? ''))).toEqual([]);
  });

  test('returns dwell, stakes, sections, and positions that tracking accepts', () => {
    const sections: readonly (string | undefined)[] = Object.values(FeedSection);
    const invalid = interactions.filter(
      ({ eventType, dwellMs, stake, section, position }) =>
        (dwellMs !== undefined) !== (eventType === 'VIEW_MARKET') ||
        (stake !== undefined) !== (eventType === 'PARTICIPATE') ||
        !((dwellMs ?? 0) <= DAY_MS) ||
        !((stake ?? 1) >= 1) ||
        !sections.includes(section) ||
        !((position ?? 0) >= 0),
    );
    expect(invalid).toEqual([]);
  });

  test('returns clicks only after an impression in the same session', () => {
    const shown = new Set<string>();
    const unseen = interactions.filter(({ eventType, sessionId, marketId }) => {
      if (eventType === 'IMPRESSION') shown.add(`${String(sessionId)} ${marketId}`);
      return eventType === 'CLICK' && !shown.has(`${String(sessionId)} ${marketId}`);
    });
    expect(unseen).toEqual([]);
  });

  test('returns no impression of a market after its user hid it', () => {
    const hidden = new Set<string>();
    const shownAfterHide = interactions.filter(({ eventType, userKey, marketId }) => {
      if (eventType === 'HIDE') hidden.add(`${userKey} ${marketId}`);
      return eventType === 'IMPRESSION' && hidden.has(`${userKey} ${marketId}`);
    });
    expect(shownAfterHide).toEqual([]);
    expect(hidden.size).toBeGreaterThan(10);
  });

  test('has enough active users in IL, US, GB, and DE for local trends of the last 24 hours', () => {
    for (const country of ['IL', 'US', 'GB', 'DE']) {
      const active = positiveEvents.filter(
        (event) => event.country === country && Date.parse(event.occurredAt) > nowMs - DAY_MS,
      );
      expect(new Set(active.map(({ userKey }) => userKey)).size, country).toBeGreaterThanOrEqual(20);
    }
  });

  test.each([
    ['politics', ['Politics']],
    ['sports', ['Sports']],
    ['crypto', ['Crypto']],
    ['markets', ['Economics', 'Business']],
    ['science', ['Science', 'Technology']],
    ['culture', ['Entertainment', 'Culture']],
  ])('makes the archetype %s prefer %j', (archetype, categories) => {
    expect(categoryShare(archetype, categories)).toBeGreaterThan(0.5);
    expect(categoryShare('generalist', categories)).toBeLessThan(0.5);
  });

  test('makes users in Israel prefer markets about Israel', () => {
    const israelShare = (isInIsrael: boolean) => {
      const events = positiveEvents.filter((event) => (event.country === 'IL') === isInIsrael);
      return (
        events.filter(({ marketId }) => marketById.get(marketId)?.tags.includes('israel')).length /
        events.length
      );
    };
    expect(israelShare(true)).toBeGreaterThan(1.5 * israelShare(false));
  });

  test('makes contrarians send over 3 times as many HIDE and NOT_INTERESTED events as generalists', () => {
    const negative = interactions.filter(
      ({ eventType }) => eventType === 'HIDE' || eventType === 'NOT_INTERESTED',
    );
    const perUserOf = (archetype: string) =>
      negative.filter(({ userKey }) => archetypeOf.get(userKey) === archetype).length /
      users.filter((user) => user.archetype === archetype).length;
    expect(perUserOf('contrarian')).toBeGreaterThan(3 * perUserOf('generalist'));
  });

  test('limits newcomers to three interactions besides impressions, and lurkers to two trades in total', () => {
    const newcomers = interactions.filter(({ userKey }) => archetypeOf.get(userKey) === 'newcomer');
    const acted = newcomers.filter(({ eventType }) => eventType !== 'IMPRESSION');
    const perUser = [...new Set(acted.map(({ userKey }) => userKey))].map(
      (key) => acted.filter(({ userKey }) => userKey === key).length,
    );
    expect(perUser.length).toBeGreaterThan(5);
    expect(Math.max(...perUser)).toBeLessThanOrEqual(3);
    const lurkerTrades = interactions.filter(
      ({ userKey, eventType }) => archetypeOf.get(userKey) === 'lurker' && eventType === 'PARTICIPATE',
    );
    expect(lurkerTrades.length).toBeLessThanOrEqual(2);
  });

  test('makes the archetype night, unlike politics, active mostly from midnight to 6 am local time', () => {
    const nightShare = (archetype: string) => {
      const utcOffsetHours = new Map([
        ['IL', 2],
        ['US', -5],
        ['GB', 0],
        ['DE', 1],
        ['BR', -3],
        ['IN', 5.5],
        ['FR', 1],
        ['JP', 9],
      ]);
      const hours = interactions
        .filter(({ userKey }) => archetypeOf.get(userKey) === archetype)
        .map(({ occurredAt, country }) => {
          const localMs = Date.parse(occurredAt) + (utcOffsetHours.get(country ?? '') ?? 0) * HOUR_MS;
          return new Date(localMs).getUTCHours();
        });
      return hours.filter((hour) => hour < 6).length / hours.length;
    };
    expect(nightShare('night')).toBeGreaterThan(0.6);
    expect(nightShare('politics')).toBeLessThan(0.2);
  });

  test('is deterministic for a seed and instant, and differs for another seed', () => {
    const sameSeed = simulateUsers(markets, { seed: 1, nowMs, users: 500, days: 14 });
    const otherSeed = simulateUsers(markets, { seed: 2, nowMs, users: 500, days: 14 });
    expect(JSON.stringify(sameSeed)).toBe(JSON.stringify({ users, interactions }));
    expect(JSON.stringify(otherSeed.interactions)).not.toBe(JSON.stringify(interactions));
    expect(otherSeed.users).toEqual(users);
  });

  test('returns the requested number of users within the period for any seed, instant, and size', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2040, 0) }),
        fc.integer({ min: 0, max: 40 }),
        (seed, anyMs, size) => {
          const sample = loadSampleCatalog(anyMs);
          const result = simulateUsers(sample, { seed, nowMs: anyMs, users: size, days: 5 });
          const times = result.interactions.map(({ occurredAt }) => Date.parse(occurredAt));
          expect(result.users.length).toBe(size);
          expect(times.filter((ms) => ms > anyMs || ms < anyMs - 5 * DAY_MS)).toEqual([]);
        },
      ),
      { numRuns: 12 },
    );
  });
});
