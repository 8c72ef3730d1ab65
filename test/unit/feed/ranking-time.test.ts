import { describe, expect, it } from 'vitest';
import { emptySnapshot, patchSnapshot } from '../../../src/catalog/catalog-snapshot.js';
import { CLOCK_STEP_MS, rankingTime } from '../../../src/feed/ranking-time.js';
import { NOON_MS } from '../../support/profile-events.js';
import { storedMarket } from '../../support/stored-market.js';

const endingAt = (...endsMs: readonly number[]) =>
  patchSnapshot(
    emptySnapshot,
    endsMs.map((endMs, index) => storedMarket(`m${index}`, { closesAt: new Date(endMs) })),
    1n,
  );

describe('the time of a ranking', () => {
  it.each([
    [0, 0],
    [1, 0],
    [CLOCK_STEP_MS - 1, 0],
    [CLOCK_STEP_MS, CLOCK_STEP_MS],
  ])('is the start of the minute: %i ms after noon, it is %i ms after noon', (sinceMs, expectedMs) => {
    expect(rankingTime(NOON_MS + sinceMs, emptySnapshot) - NOON_MS).toBe(expectedMs);
  });

  it('is the last end of a market within the minute that has passed', () => {
    const snapshot = endingAt(
      NOON_MS - 1,
      NOON_MS + 10_000,
      NOON_MS + 30_000,
      NOON_MS + 30_000,
      NOON_MS + 90_000,
    );
    const timeAfter = (ms: number) => rankingTime(NOON_MS + ms, snapshot) - NOON_MS;
    expect([0, 9_999, 10_000, 29_999, 30_000, 59_999].map(timeAfter)).toEqual([
      ...[0, 0, 10_000, 10_000, 30_000, 30_000],
    ]);
    expect([60_000, 89_999, 90_000].map(timeAfter)).toEqual([60_000, 60_000, 90_000]);
  });
});
