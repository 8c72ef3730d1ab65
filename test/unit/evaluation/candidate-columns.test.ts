import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toEntry } from '../../../src/catalog/catalog-snapshot.js';
import { buildColumns } from '../../../src/catalog/columns/build-columns.js';
import { CandidateColumns } from '../../../src/evaluation/candidate-columns.js';
import { contentOf } from '../../support/column-content.js';
import { marketArbitrary } from '../../support/scoring-v2.js';

const markets = fc.tuple(...Array.from({ length: 8 }, (_, index) => marketArbitrary(`m${index}`)));
const moments = fc.array(
  fc.record({
    open: fc.subarray([0, 1, 2, 3, 4, 5, 6, 7]),
    /** The market whose price becomes known before. */
    priced: fc.option(fc.nat(7)),
  }),
  { maxLength: 8 },
);

describe('the columns of candidates', () => {
  it('equal those that are built for that moment, whichever markets open, close, and change their price', () => {
    fc.assert(
      fc.property(markets, moments, (all, steps) => {
        const entries = all.map(toEntry);
        const candidateColumns = new CandidateColumns();
        let candidates: number[] = [];
        for (const [priceVersion, { open, priced }] of steps.entries()) {
          if (priced !== null) {
            const { market } = entries[priced] as (typeof entries)[number];
            entries[priced] = toEntry({ ...market, probability: (priceVersion + 1) / 10 });
          }
          if (JSON.stringify(open) !== JSON.stringify(candidates)) candidates = open;
          const columns = candidateColumns.of({ candidates, entries, priceVersion });
          const now = candidates.map((number) => entries[number] as (typeof entries)[number]);
          expect(contentOf(columns)).toEqual(contentOf(buildColumns(now)));
        }
      }),
    );
  });
});
