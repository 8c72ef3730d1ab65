import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ProfileEvent } from '../../../src/domain/profile.js';
import { HOUR_MS, NOON_MS, personAfter, profileEvent } from '../../support/profile-events.js';

const trade = (stake: number, atMs: number, category = 'Sports'): ProfileEvent =>
  profileEvent('PARTICIPATE', atMs, { stake, market: { id: `market of ${category}`, category } });

const stakesAfter = (...events: ProfileEvent[]) => personAfter(...events).lifetime.stakes;

it('keeps what was staked, newest first, with its category in lower case', () => {
  expect(stakesAfter(trade(10, NOON_MS), trade(20, NOON_MS + HOUR_MS, 'Crypto'))).toEqual([
    { category: 'crypto', stake: 20, atMs: NOON_MS + HOUR_MS },
    { category: 'sports', stake: 10, atMs: NOON_MS },
  ]);
});

it('puts a stake that is reported late where it belongs', () => {
  const stakes = stakesAfter(trade(1, NOON_MS), trade(3, NOON_MS + 2), trade(2, NOON_MS + 1));
  expect(stakes.map(({ stake }) => stake)).toEqual([3, 2, 1]);
});

it('has the one that came later first when two are of the same instant', () => {
  expect(stakesAfter(trade(1, NOON_MS), trade(2, NOON_MS)).map(({ stake }) => stake)).toEqual([2, 1]);
});

it('keeps the latest 20 of a category, whatever the others hold', () => {
  const sports = Array.from({ length: 25 }, (_, index) => trade(index, NOON_MS + index));
  const stakes = stakesAfter(trade(500, NOON_MS - HOUR_MS, 'Crypto'), ...sports);
  expect(stakes.map(({ stake }) => stake)).toEqual([
    ...Array.from({ length: 20 }, (_, index) => 24 - index),
    500,
  ]);
});

it('lets go a late stake that is older than 20 others', () => {
  const sports = Array.from({ length: 20 }, (_, index) => trade(1, NOON_MS + index));
  const before = stakesAfter(...sports);
  expect(stakesAfter(...sports, trade(77, NOON_MS - HOUR_MS))).toEqual(before);
});

it('keeps at most 200 in all, the latest', () => {
  const events = Array.from({ length: 250 }, (_, index) =>
    trade(index + 1, NOON_MS + index, `Category ${index % 25}`),
  );
  expect(stakesAfter(...events).map(({ stake }) => stake)).toEqual(
    Array.from({ length: 200 }, (_, index) => 250 - index),
  );
});

it('is left as it was by an event without a stake', () => {
  const first = trade(10, NOON_MS);
  const { stakes } = personAfter(first).lifetime;
  const click = personAfter(first, profileEvent('CLICK', NOON_MS + 1));
  expect(click.lifetime.stakes).toEqual(stakes);
  const { stakes: none } = personAfter(profileEvent('PARTICIPATE', NOON_MS)).lifetime;
  expect(none).toEqual([]);
});

it('comes out the same in whatever order the stakes are reported', () => {
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
