/** Figures that other packages publish for the same inputs. */
import { describe, expect, it } from 'vitest';
import { compareArms, type Effect } from '../../../../src/experiments/statistics/compare.js';
import { alwaysValidTest, fixedTest } from '../../../../src/experiments/statistics/intervals.js';
import {
  momentsOfProportion,
  momentsOfSums,
  type Moments,
} from '../../../../src/experiments/statistics/moments.js';
import { proportionSequence } from '../../../../src/experiments/statistics/proportion-sequence.js';
import { deltaVariance, ratioOf } from '../../../../src/experiments/statistics/ratio.js';

const ALPHA = 0.05;

/** A metric per user from its sum and sum of squares, with the sums of the period before if there are some. */
function sums(
  users: number,
  [sum, squares]: readonly [number, number],
  before: { sum: number; squares: number; product: number } = { sum: 0, squares: 0, product: 0 },
): Moments {
  return momentsOfSums({
    users,
    sum: [sum, users, before.sum, users],
    products: [
      [squares, sum, before.product, sum],
      [sum, users, before.sum, users],
      [before.product, before.sum, before.squares, before.sum],
      [sum, users, before.sum, users],
    ],
  });
}

/** The ratio metric of GrowthBook's test of an adjusted ratio. */
const RATIO_CONTROL = momentsOfSums({
  users: 100,
  sum: [485.112236689623, 679.9093275844917, 192.59138069991536, 290.1398399750233],
  products: [
    [2715.484666118136, 3602.146836776702, 1113.6215759318352, 1559.2878434944676],
    [3602.146836776702, 4939.424001640236, 1460.3181079276983, 2130.9404074446747],
    [1113.6215759318352, 1460.3181079276983, 460.076026390857, 634.239482353647],
    [1559.2878434944676, 2130.9404074446747, 634.239482353647, 920.9461385038898],
  ],
});
const RATIO_TREATMENT = momentsOfSums({
  users: 100,
  sum: [514.7757826608777, 705.4090874383759, 206.94157227402536, 302.54389139107326],
  products: [
    [2994.897482705013, 3918.1561431600717, 1237.0953021125997, 1701.0287270040265],
    [3918.1561431600717, 5291.36604146392, 1604.0759503266522, 2292.081739775257],
    [1237.0953021125997, 1604.0759503266522, 514.2903702246757, 698.4173425817908],
    [1701.0287270040265, 2292.081739775257, 698.4173425817908, 994.4506208125663],
  ],
});

const CONTROL = sums(3_000, [1396.87, 52377.9767]);
const TREATMENT = sums(3_461, [2422.7, 134698.29]);

function compared(...[control, treatment, options]: Parameters<typeof compareArms>): Effect {
  const effect = compareArms(control, treatment, options);
  if (effect === null) throw new Error('No effect');
  return effect;
}

const RELATIVE = { scale: 'relative', cuped: false } as const;
const RELATIVE_CUPED = { scale: 'relative', cuped: true } as const;

describe("GrowthBook's two-sided t-test", () => {
  it.each([
    [
      'a mean',
      sums(3_407, [1396.87, 52377.9767]),
      TREATMENT,
      RELATIVE,
      0.70732,
      0.37879,
      -0.03526,
      1.44989,
      0.06191,
    ],
    [
      'an absolute effect',
      sums(3_407, [1396.87, 52377.9767]),
      TREATMENT,
      { scale: 'absolute', cuped: false },
      0.29,
      0.12478,
      0.04538,
      0.53462,
      0.02016,
    ],
    [
      'a proportion',
      momentsOfProportion(28, 14),
      momentsOfProportion(30, 16),
      RELATIVE,
      0.06667,
      0.2717,
      -0.47767,
      0.61101,
      0.80707,
    ],
    [
      'a ratio with CUPED',
      RATIO_CONTROL,
      RATIO_TREATMENT,
      RELATIVE_CUPED,
      -0.0007,
      0.00391,
      -0.00841,
      0.007,
      0.85771,
    ],
  ] as const)('is reproduced for %s', (_name, control, treatment, options, estimate, error, low, high, p) => {
    const effect = compared(control, treatment, options);
    const { interval, pValue } = fixedTest(effect, ALPHA);
    expect(effect.estimate).toBeCloseTo(estimate, 5);
    expect(effect.standardError).toBeCloseTo(error, 5);
    expect(interval.low).toBeCloseTo(low, 5);
    expect(interval.high).toBeCloseTo(high, 5);
    expect(pValue).toBeCloseTo(p, 5);
  });
});

describe("GrowthBook's sequential test", () => {
  it.each([
    ['a mean, tuned for 1,000', CONTROL, TREATMENT, RELATIVE, 1_000, 0.50336, 0.33341, -0.55844, 1.56516, 1],
    [
      'a proportion',
      momentsOfProportion(3_000, 1_396),
      momentsOfProportion(3_461, 2_422),
      RELATIVE,
      5_000,
      0.50386,
      0.03386,
      0.40098,
      0.60675,
      0,
    ],
    [
      'a mean with CUPED',
      sums(3_000, [1396.87, 52377.9767], { sum: 16.87, squares: 527.9767, product: 1 }),
      sums(3_461, [2422.7, 134698.29], { sum: 22.7, squares: 1348.29, product: 1 }),
      RELATIVE_CUPED,
      5_000,
      0.50338,
      0.33341,
      -0.50969,
      1.51646,
      1,
    ],
    [
      'a ratio with CUPED',
      RATIO_CONTROL,
      RATIO_TREATMENT,
      RELATIVE_CUPED,
      5_000,
      -0.0007,
      0.00391,
      -0.02063,
      0.01923,
      1,
    ],
  ] as const)(
    'is reproduced for %s',
    (_name, control, treatment, options, tuning, estimate, error, low, high, p) => {
      const effect = compared(control, treatment, options);
      const { interval, pValue } = alwaysValidTest(effect, ALPHA, tuning);
      expect(effect.estimate).toBeCloseTo(estimate, 5);
      expect(effect.standardError).toBeCloseTo(error, 5);
      // With CUPED, GrowthBook takes the gradient for a mean at the effect without the adjustment; ours is at the effect
      // with it. The bounds of that case differ by 0.000012.
      expect(Math.abs(interval.low - low)).toBeLessThan(0.000015);
      expect(Math.abs(interval.high - high)).toBeLessThan(0.000015);
      expect(pValue).toBeCloseTo(p, 5);
    },
  );

  it('is wider with 10 than with 10,000 as tuning, and tightest near the number of users', () => {
    const width = (tuning: number) => {
      const { interval } = alwaysValidTest(compared(CONTROL, TREATMENT, RELATIVE), ALPHA, tuning);
      return interval.high - interval.low;
    };
    expect(width(10)).toBeGreaterThan(width(10_000));
    expect(width(10_000)).toBeGreaterThan(width(6_461));
  });
});

describe("GrowthBook's CUPED", () => {
  it('is reproduced for the deviations of adjusted means', () => {
    const zero = sums(3_001, [300, 600], { sum: 210, squares: 415, product: -20 });
    const two = sums(4_000, [450, 900], { sum: 300, squares: 600, product: -30 });
    const { theta } = compared(zero, two, RELATIVE_CUPED);
    const deviation = (arm: Moments) => {
      const gradient = ratioOf(arm, theta)?.adjustedGradient ?? [0, 0, 0, 0];
      return Math.sqrt(arm.users * deltaVariance(arm, gradient));
    };
    expect(deviation(zero)).toBeCloseTo(0.434288923, 5);
    expect(deviation(two)).toBeCloseTo(0.458953951, 5);
    expect(ratioOf(zero, theta)?.raw).toBeCloseTo(0.099966678, 9);
  });
});

describe("confseq's interval of a proportion", () => {
  it('is reproduced for 700 of 1,000, tuned for 100', () => {
    const { low, high } = proportionSequence(700, 1_000, 0.05, 100);
    expect(low).toBeCloseTo(0.651629, 5);
    expect(high).toBeCloseTo(0.745949, 5);
  });
});
