import { describe, expect, it } from 'vitest';
import { feedOver } from '../../support/feed-parts.js';
import { NOON_MS } from '../../support/profile-events.js';
import { storedMarket } from '../../support/stored-market.js';

const trend = { closed: 1, nowhere: 0.9, over: 0.8, blocked: 0.7, first: 0.6, second: 0.5 };

const { crowd } = feedOver(
  [
    storedMarket('closed', { status: 'CLOSED' }),
    storedMarket('over', { resolvesAt: new Date(NOON_MS) }),
    storedMarket('blocked', { blockedCountries: ['IL'] }),
    storedMarket('first'),
    storedMarket('second'),
    storedMarket('quiet'),
  ],
  { globalTrend: trend, localTrend: trend },
);

const listOf = (input: object) =>
  crowd.trending(input).markets.map(({ rank, market, score }) => [rank, market.id, score]);

describe('the list of what trends', () => {
  it('has as many as asked for of those that can be shown there now, ranked from 1', () => {
    expect(listOf({ country: 'il', limit: 2 })).toEqual([
      [1, 'first', 0.6],
      [2, 'second', 0.5],
    ]);
    expect(listOf({ country: 'US', limit: 2 })).toEqual([
      [1, 'blocked', 0.7],
      [2, 'first', 0.6],
    ]);
  });

  it('has markets past their time that are reported as open', () => {
    const overdue = storedMarket('overdue', { resolvesAt: new Date(NOON_MS - 1), openPastDue: true });
    const { crowd } = feedOver([overdue], { globalTrend: { overdue: 1 } });
    expect(crowd.trending({ limit: 1 }).markets).toMatchObject([{ market: { id: 'overdue' } }]);
  });

  it('ends where the trend ends, and says whose it is', () => {
    expect(listOf({ limit: 100 })).toHaveLength(3);
    expect(crowd.trending({ limit: 1 }).scope).toBe('global');
    expect(crowd.trending({ country: 'il', limit: 1 }).scope).toBe('local:IL');
  });

  it.each([
    ['limit', { limit: 0 }],
    ['limit', { limit: 101 }],
    ['country', { limit: 1, country: 'XX1' }],
  ])('is refused with a wrong %s: %j', (field, input) => {
    expect(() => crowd.trending(input)).toThrow(
      expect.objectContaining({ code: 'BAD_USER_INPUT', field }) as Error,
    );
  });
});
