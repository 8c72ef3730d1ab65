import { describe, expect, it } from 'vitest';
import { feedOver } from '../../support/feed-parts.js';
import { NOON_MS } from '../../support/profile-events.js';
import { storedMarket } from '../../support/stored-market.js';

const scores = { closed: 1, nowhere: 0.9, over: 0.8, blocked: 0.7, first: 0.6, second: 0.5 };

const { trending } = feedOver(
  [
    storedMarket('closed', { status: 'CLOSED' }),
    storedMarket('over', { resolvesAt: new Date(NOON_MS) }),
    storedMarket('blocked', { blockedCountries: ['IL'] }),
    storedMarket('first'),
    storedMarket('second'),
    storedMarket('quiet'),
  ],
  { globalTrend: scores, localTrend: scores },
);

const listOf = (input: object) =>
  trending.trending(input).markets.map(({ rank, market, score }) => [rank, market.id, score]);

describe('the trending list', () => {
  it('returns at most `limit` open markets that are allowed in the country, with ranks from 1', () => {
    expect(listOf({ country: 'il', limit: 2 })).toEqual([
      [1, 'first', 0.6],
      [2, 'second', 0.5],
    ]);
    expect(listOf({ country: 'US', limit: 2 })).toEqual([
      [1, 'blocked', 0.7],
      [2, 'first', 0.6],
    ]);
  });

  it('includes overdue markets that their source reports as open', () => {
    const overdue = storedMarket('overdue', { resolvesAt: new Date(NOON_MS - 1), openPastDue: true });
    const { trending } = feedOver([overdue], { globalTrend: { overdue: 1 } });
    expect(trending.trending({ limit: 1 }).markets).toMatchObject([{ market: { id: 'overdue' } }]);
  });

  it('ends with the scores above 0, and names its scope', () => {
    expect(listOf({ limit: 100 })).toHaveLength(3);
    expect(trending.trending({ limit: 1 })).toMatchObject({ scope: 'GLOBAL', country: null });
    expect(trending.trending({ country: 'il', limit: 1 })).toMatchObject({ scope: 'LOCAL', country: 'IL' });
    expect(trending.trending({ country: 'us', limit: 1 })).toMatchObject({ scope: 'GLOBAL', country: 'US' });
  });

  it.each([
    ['limit', { limit: 0 }],
    ['limit', { limit: 101 }],
    ['country', { limit: 1, country: 'XX1' }],
  ])('rejects an invalid %s: %j', (field, input) => {
    expect(() => trending.trending(input)).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', field }) as Error,
    );
  });
});
