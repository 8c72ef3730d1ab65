import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ProfileEvent } from '../../../src/domain/profile.js';
import { HOUR_MS } from '../../../src/lib/time.js';
import { NOON_MS, profileAfter, profileEvent } from '../../support/profile-events.js';

const trade = (stake: number, atMs: number, category = 'Sports'): ProfileEvent =>
  profileEvent('PARTICIPATE', atMs, { stake, market: { id: `market of ${category}`, category } });

const stakesAfter = (...events: ProfileEvent[]) => profileAfter(...events).lifetime.stakes;

it('keeps stakes newest first, with the key of their category', () => {
  expect(stakesAfter(trade(10, NOON_MS), trade(20, NOON_MS + HOUR_MS, 'Crypto'))).toEqual([
    { category: 'crypto', stake: 20, atMs: NOON_MS + HOUR_MS },
    { category: 'sports', stake: 10, atMs: NOON_MS },
  ]);
});

it('sorts a late stake by its time', () => {
  const stakes = stakesAfter(trade(1, NOON_MS), trade(3, NOON_MS + 2), trade(2, NOON_MS + 1));
  expect(stakes.map(({ stake }) => stake)).toEqual([3, 2, 1]);
});

it('puts the later arrival first when two stakes have the same time', () => {
  expect(stakesAfter(trade(1, NOON_MS), trade(2, NOON_MS)).map(({ stake }) => stake)).toEqual([2, 1]);
});

it('keeps the latest 20 of a category, regardless of other categories', () => {
  const sports = Array.from({ length: 25 }, (_, index) => trade(index, NOON_MS + index));
  const stakes = stakesAfter(trade(500, NOON_MS - HOUR_MS, 'Crypto'), ...sports);
  expect(stakes.map(({ stake }) => stake)).toEqual([
    ...Array.from({ length: 20 }, (_, index) => 24 - index),
    500,
  ]);
});

it('drops a late stake that is older than 20 others', () => {
  const sports = Array.from({ length: 20 }, (_, index) => trade(1, NOON_MS + index));
  const before = stakesAfter(...sports);
  expect(stakesAfter(...sports, trade(77, NOON_MS - HOUR_MS))).toEqual(before);
});

it('keeps the latest 200 in total', () => {
  const events = Array.from({ length: 250 }, (_, index) =>
    trade(index + 1, NOON_MS + index, `Category ${index % 25}`),
  );
  expect(stakesAfter(...events).map(({ stake }) => stake)).toEqual(
    Array.from({ length: 200 }, (_, index) => 250 - index),
  );
});

it('does not change with an event without a stake', () => {
  const first = trade(10, NOON_MS);
  const { stakes } = profileAfter(first).lifetime;
  const click = profileAfter(first, profileEvent('CLICK', NOON_MS + 1));
  expect(click.lifetime.stakes).toEqual(stakes);
  const { stakes: none } = profileAfter(profileEvent('PARTICIPATE', NOON_MS)).lifetime;
  expect(none).toEqual([]);
});

it('gives the same stakes for any arrival order', () => {
  const events = Array.from({ length: 60 }, (_, index) =>
    trade(index, NOON_MS + index * HOUR_MS, `Category ${index % 2}`),
  );
  const expected = stakesAfter(...events);
  expect(expected).toHaveLength(40);
  fc.assert(
    fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (shuffled) => {
      expect(stakesAfter(...shuffled)).toEqual(expected);
    }),
    { numRuns: 30 },
  );
});
