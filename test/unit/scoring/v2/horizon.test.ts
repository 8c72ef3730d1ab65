import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../../../src/lib/time.js';
import { horizonLift, horizonOf, HORIZONS, horizonsAt } from '../../../../src/scoring/v2/horizon.js';
import { NOW_MS } from '../../../support/scoring-v2.js';

const endsIn = (days: number): number => NOW_MS + days * DAY_MS;

describe('the horizon of a market', () => {
  it('includes its lower bound', () => {
    const horizons = [-2, -1, 0, 1, 2, 3, 5, 8, 15, 32, 100].map((days) => horizonOf(endsIn(days), NOW_MS));
    expect(horizons).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(horizonOf(Infinity, NOW_MS)).toBe(0);
    expect(horizonOf(NaN, NOW_MS)).toBe(0);
  });

  it('is counted over the markets of a minute', () => {
    const { ofRow, counts } = horizonsAt(Float64Array.of(endsIn(0.5), endsIn(0.7), Infinity), NOW_MS);
    expect([...ofRow]).toEqual([3, 3, 0]);
    expect([counts[3], counts[0]]).toEqual([2, 1]);
  });
});

describe('the lift of a horizon', () => {
  const shares = new Float64Array(HORIZONS).fill(1 / HORIZONS);

  it('is 0 without choices, positive for the chosen one and negative for the others', () => {
    const none = new Float64Array(HORIZONS);
    expect(horizonLift(none, shares, 10, 3)).toBeCloseTo(0, 12);
    const some = none.with(3, 10);
    expect(horizonLift(some, shares, 10, 3)).toBeCloseTo(
      Math.log((10 + 10 / HORIZONS) / 20 / (1 / HORIZONS)),
      12,
    );
    expect(horizonLift(some, shares, 10, 4)).toBeCloseTo(Math.log(0.5), 12);
  });
});
