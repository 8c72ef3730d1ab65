import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../src/lib/time.js';
import { anonymous, fails, feedOver, knows, sportsFan, three } from '../../support/feed-parts.js';
import { NOON_MS, profileAfter, profileEvent } from '../../support/profile-events.js';
import { storedMarket } from '../../support/stored-market.js';

describe('a ranking of given markets', () => {
  it('returns each requested market once, best first, and lists unknown ids', async () => {
    const ranking = await feedOver(three).service.rank(
      { userKey: 'ada', marketIds: ['crypto', 'nothing', 'sports', 'crypto', 'nothing', ''] },
      knows(sportsFan),
    );
    expect(ranking.rankedMarkets.map(({ id }) => id)).toEqual(['sports', 'crypto']);
    expect(ranking.rankedMarkets.map(({ rank }) => rank)).toEqual([1, 2]);
    expect(ranking).toMatchObject({
      unknownMarketIds: ['nothing', ''],
      personalized: true,
      algorithmVersion: 'v1',
      degraded: false,
    });
    expect(ranking.rankedMarkets[0]?.score).toBe(ranking.rankedMarkets[0]?.scores.final);
  });

  it('includes markets that feeds filter out: hidden, resolved, closed or blocked', async () => {
    const { service } = feedOver([
      storedMarket('hidden'),
      storedMarket('over', { resolvesAt: new Date(NOON_MS - 1) }),
      storedMarket('closed', { status: 'CLOSED' }),
      storedMarket('blocked', { blockedCountries: ['IL'] }),
    ]);
    const hid = profileAfter(profileEvent('HIDE', NOON_MS, { market: { id: 'hidden' } }));
    const { rankedMarkets } = await service.rank(
      { userKey: 'ada', country: 'IL', marketIds: ['over', 'closed', 'blocked', 'hidden'] },
      knows(hid),
    );
    expect(rankedMarkets.map(({ id }) => id).toSorted()).toEqual(['blocked', 'closed', 'hidden', 'over']);
  });

  it('ranks described markets with stored ones, as if just created', async () => {
    const { service, lookups } = feedOver(three);
    const { rankedMarkets, unknownMarketIds } = await service.rank(
      {
        userKey: 'ada',
        marketIds: ['politics', 'described', 'elsewhere'],
        candidates: [{ id: 'described', title: ' Will it? ', category: 'SPORTS' }],
      },
      knows(sportsFan),
    );
    expect(rankedMarkets.map(({ id }) => id)).toEqual(['described', 'politics']);
    expect(rankedMarkets[0]).toMatchObject({
      market: null,
      scores: { freshness: 1, interest: 0.03 },
    });
    expect(unknownMarketIds).toEqual(['elsewhere']);
    expect(lookups).toEqual([['elsewhere']]);
  });

  it('prefers a description to the stored market, and the last of several descriptions', async () => {
    const { rankedMarkets, unknownMarketIds } = await feedOver(three).service.rank(
      {
        marketIds: ['politics', 'described', 'crypto'],
        candidates: [
          { id: 'politics', title: 'Described instead?', editorialBoost: 1 },
          { id: 'described', title: 'First?', editorialBoost: 0.5 },
          { id: 'described', title: 'Last?', editorialBoost: 0.25 },
        ],
      },
      anonymous,
    );
    const ranked = rankedMarkets.map(({ id, market, scores }) => [id, market?.id, scores.editorial]);
    expect(ranked.toSorted()).toEqual([
      ['crypto', 'crypto', 0],
      ['described', undefined, 0.25],
      ['politics', undefined, 1],
    ]);
    expect(unknownMarketIds).toEqual([]);
  });

  it('ends a described market at closesAt, else at resolvesAt, like a stored one', async () => {
    const soon = new Date(NOON_MS + HOUR_MS);
    const late = new Date(NOON_MS + 500 * DAY_MS);
    const { rankedMarkets } = await feedOver([]).service.rank(
      {
        userKey: null,
        algorithm: 'v2',
        candidates: [
          { id: 'closes', title: 'A?', closesAt: soon, resolvesAt: late },
          { id: 'resolves', title: 'A?', resolvesAt: soon },
          { id: 'late', title: 'A?', closesAt: late, resolvesAt: soon },
        ],
      },
      anonymous,
    );
    const closing = new Map(rankedMarkets.map(({ id, scores }) => [id, scores.closing ?? 0]));
    expect(closing.get('closes')).toBeGreaterThan(0);
    expect(closing.get('resolves')).toBe(closing.get('closes'));
    expect(closing.get('late')).toBeLessThan(closing.get('closes') ?? 0);
  });

  it('deduplicates the tags of a described market case-insensitively', async () => {
    const fan = profileAfter(profileEvent('SHARE', NOON_MS, { market: { id: 'other', tags: ['EU'] } }));
    const { rankedMarkets } = await feedOver([]).service.rank(
      {
        userKey: 'ada',
        candidates: [{ id: 'a', title: 'A?', category: 'Sports', tags: ['EU', 'eu', 'Eu'] }],
      },
      knows(fan),
    );
    expect(rankedMarkets[0]?.scores.interest).toBeCloseTo((0.3 * 3.2) / 100, 12);
  });

  it('is degraded to the global ranking when the profile read fails', async () => {
    const ranking = await feedOver(three).service.rank(
      { userKey: 'ada', marketIds: ['sports', 'politics'] },
      fails,
    );
    expect(ranking.rankedMarkets.map(({ id }) => id)).toEqual(['politics', 'sports']);
    expect(ranking).toMatchObject({
      personalized: false,
      algorithmVersion: 'fallback',
      degraded: true,
      unknownMarketIds: [],
    });
  });

  it.each([
    ['fails', () => Promise.reject(new Error('no database'))],
    ['times out', () => new Promise<never>(() => undefined)],
  ])('is degraded to the markets in memory when the lookup of another one %s', async (_, lookUp) => {
    const { service } = feedOver(three, { lookUp });
    const ranking = await service.rank(
      {
        userKey: 'ada',
        marketIds: ['closed', 'politics', 'sports'],
        candidates: [{ id: 'new', title: 'New?' }],
      },
      knows(sportsFan),
    );
    expect(ranking.rankedMarkets.map(({ id }) => id)).toEqual(['sports', 'new', 'politics']);
    expect(ranking).toMatchObject({
      unknownMarketIds: ['closed'],
      personalized: true,
      algorithmVersion: 'fallback',
      degraded: true,
    });
  });

  it('stops lookups after 5 failures and still ranks markets in memory', async () => {
    const { service, lookups } = feedOver(three, { lookUp: () => Promise.reject(new Error('no database')) });
    for (let time = 0; time < 20; time += 1) await service.rank({ marketIds: ['closed'] }, anonymous);
    expect(lookups).toHaveLength(5);
    expect(await service.rank({ marketIds: ['sports'] }, anonymous)).toMatchObject({
      degraded: false,
      algorithmVersion: 'v1',
      unknownMarketIds: [],
    });
  });

  it('is empty for empty lists', async () => {
    const ranking = await feedOver(three).service.rank({ marketIds: [], candidates: [] }, anonymous);
    expect(ranking).toMatchObject({ rankedMarkets: [], unknownMarketIds: [] });
  });

  it('rejects more than 500 markets', async () => {
    const marketIds = Array.from({ length: 501 }, (_, index) => `m${index}`);
    await expect(feedOver(three).service.rank({ marketIds }, anonymous)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
      field: 'marketIds',
    });
  });

  it.each([
    ['marketIds', {}],
    ['marketIds.0', { marketIds: ['x'.repeat(129)] }],
    ['marketIds.1', { marketIds: ['m1', 'a\0'] }],
    ['candidates.0.title', { candidates: [{ id: 'a', title: ' ' }] }],
    ['candidates.0.probability', { candidates: [{ id: 'a', title: 'A?', probability: 2 }] }],
  ])('rejects an invalid %s', async (field, input) => {
    await expect(feedOver(three).service.rank(input, anonymous)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      field,
    });
  });
});
