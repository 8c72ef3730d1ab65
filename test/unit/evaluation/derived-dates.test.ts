import { describe, expect, it } from 'vitest';
import { derivedDates } from '../../../src/evaluation/derived-dates.js';
import { DAY_MS } from '../../../src/lib/time.js';
import { archived, archiveOf, interaction, minute } from '../../support/archive.js';

const DAY_MINUTES = 1_440;

/** 40 markets whose first interactions are some minutes apart; `shared` of them end a day after the first one. */
function archiveWith(shared: number) {
  const first = (index: number): number => 2_000 + 7 * index * index;
  return archiveOf({
    markets: Array.from({ length: 40 }, (_, index) => {
      const resolvesAt = minute(index < shared ? first(index) + DAY_MINUTES : 90_000 + 13 * index);
      return archived(`m${index}`, { createdAt: minute(index), resolvesAt });
    }),
    interactions: Array.from({ length: 40 }, (_, index) =>
      interaction('ann', `m${index}`, minute(first(index))),
    ),
  }).archive;
}

describe('dates that look derived from interactions', () => {
  it('are reported if many markets share the distance from their first interaction', () => {
    expect(derivedDates(archiveWith(30))).toEqual([{ field: 'end', distanceMs: DAY_MS, share: 0.75 }]);
  });

  it('are not reported for a few markets', () => {
    expect(derivedDates(archiveWith(15))).toEqual([]);
  });
});
