import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankOf } from '../../../src/evaluation/rank-of.js';
import { compareRanked } from '../../../src/scoring/shared/rank-order.js';

const candidate = fc.record({
  final: fc.oneof(fc.constantFrom(0, 0.5, 1), fc.constant(NaN), fc.double({ noNaN: true })),
  volumeTotal: fc.constantFrom(0, 1, 2),
});

describe('rank of the target', () => {
  it('and the top k equal those of a full sort', () => {
    fc.assert(
      fc.property(
        fc.array(candidate, { minLength: 1, maxLength: 30 }),
        fc.nat(),
        fc.integer({ min: 1, max: 12 }),
        (given, seed, k) => {
          const keys = given.map(({ volumeTotal }, number) => ({ id: `m${number + 100}`, volumeTotal }));
          // Every second market is a candidate, so that indexes and numbers differ.
          const candidates = [...given.keys()].filter((number) => number % 2 === 0);
          const target = candidates[seed % candidates.length] ?? 0;
          const scores = Float64Array.from(candidates, (number) => given[number]?.final ?? NaN);
          const sorted = candidates
            .map((number) => ({
              number,
              id: keys[number]?.id ?? '',
              final: given[number]?.final ?? NaN,
              volumeTotal: keys[number]?.volumeTotal ?? NaN,
            }))
            .sort(compareRanked)
            .map(({ number }) => number);
          expect(rankOf(candidates, scores, keys, target, k)).toEqual({
            rank: sorted.indexOf(target) + 1,
            top: sorted.slice(0, k),
          });
        },
      ),
    );
  });
});
