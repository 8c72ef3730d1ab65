import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  slotQuotas,
  slotsByDeficit,
  SLOTS,
  zeroBySlot,
  type BySlot,
} from '../../../../src/feed/selectors/slots.js';
import { config } from './slate-input.js';

const everything = { personalized: true, hasLocal: true };
const counts = (quotas: BySlot<number>): number[] => SLOTS.map((slot) => quotas[slot]);
const quotasOf = (length: number, known = everything): number[] =>
  counts(slotQuotas(config.quotas, length, known));

describe('slot quotas', () => {
  it('split the slate by largest remainder, ties in the order of the slots', () => {
    expect(quotasOf(20)).toEqual([10, 4, 2, 2, 2]);
    // 3.5, 1.4, 0.7, 0.7, 0.7: the three of 0.7 get the three remaining positions.
    expect(quotasOf(7)).toEqual([3, 1, 1, 1, 1]);
    // 2.5, 1, 0.5, 0.5, 0.5: two positions for four equal remainders.
    expect(quotasOf(5)).toEqual([3, 1, 1, 0, 0]);
    expect(quotasOf(1)).toEqual([1, 0, 0, 0, 0]);
  });

  it('give the share of LOCAL to PERSONAL without a local trend', () => {
    expect(quotasOf(20, { personalized: true, hasLocal: false })).toEqual([12, 4, 0, 2, 2]);
  });

  it('split the share of PERSONAL between TRENDING and EXPLORATION without a profile', () => {
    expect(quotasOf(20, { personalized: false, hasLocal: true })).toEqual([0, 9, 2, 2, 7]);
    expect(quotasOf(20, { personalized: false, hasLocal: false })).toEqual([0, 11, 0, 2, 7]);
  });

  it('give EXPLORATION at least one of 10 positions if it has any share', () => {
    const small = { PERSONAL: 0.5, TRENDING: 0.28, LOCAL: 0.1, RISING: 0.1, EXPLORATION: 0.02 };
    expect(counts(slotQuotas(small, 9, everything))).toEqual([4, 3, 1, 1, 0]);
    expect(counts(slotQuotas(small, 10, everything))).toEqual([4, 3, 1, 1, 1]);
    expect(counts(slotQuotas({ ...small, TRENDING: 0.3, EXPLORATION: 0 }, 10, everything))).toEqual([
      5, 3, 1, 1, 0,
    ]);
  });

  it('treat remainders that differ by a rounding error as ties', () => {
    const shares = { PERSONAL: 0.7, TRENDING: 0.1, LOCAL: 0.1, RISING: 0.1, EXPLORATION: 0 };
    // 2.1, 0.3, 0.3, 0.3: in binary, 0.1 × 3 is a little above 0.3.
    expect(counts(slotQuotas(shares, 3, everything))).toEqual([2, 1, 0, 0, 0]);
  });

  it('sum to the length of the slate for any shares', () => {
    const share = fc.nat({ max: 100 });
    fc.assert(
      fc.property(
        fc.tuple(share, share, share, share, share).filter((shares) => shares.some((one) => one > 0)),
        fc.integer({ min: 1, max: 100 }),
        fc.boolean(),
        fc.boolean(),
        ([PERSONAL, TRENDING, LOCAL, RISING, EXPLORATION], length, personalized, hasLocal) => {
          const quotas = slotQuotas({ PERSONAL, TRENDING, LOCAL, RISING, EXPLORATION }, length, {
            personalized,
            hasLocal,
          });
          expect(counts(quotas).reduce((sum, count) => sum + count, 0)).toBe(length);
          expect(Math.min(...counts(quotas))).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});

describe('the interleave', () => {
  const interleave = (shares: BySlot<number>): string => {
    const length = SLOTS.reduce((sum, slot) => sum + shares[slot], 0);
    const placed = zeroBySlot();
    let letters = '';
    for (let rank = 1; rank <= length; rank += 1) {
      const [slot = 'PERSONAL'] = slotsByDeficit(shares, placed, rank, length);
      placed[slot] += 1;
      letters += slot.charAt(0);
    }
    return letters;
  };

  it('spreads the slots evenly, as computed by hand', () => {
    expect(interleave({ PERSONAL: 3, TRENDING: 2, LOCAL: 0, RISING: 0, EXPLORATION: 1 })).toBe('PTPETP');
    expect(interleave({ PERSONAL: 10, TRENDING: 4, LOCAL: 2, RISING: 2, EXPLORATION: 2 })).toBe(
      'PTPLPREPTP'.repeat(2),
    );
  });

  it('keeps each of two slots within one position of its share at every rank', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 }), (PERSONAL, TRENDING) => {
        const letters = interleave({ ...zeroBySlot(), PERSONAL, TRENDING });
        for (let rank = 1; rank <= letters.length; rank += 1) {
          const share = (PERSONAL * rank) / letters.length;
          const placed = letters.slice(0, rank).replaceAll('T', '').length;
          expect(Math.abs(placed - share)).toBeLessThan(1);
        }
      }),
    );
  });
});
