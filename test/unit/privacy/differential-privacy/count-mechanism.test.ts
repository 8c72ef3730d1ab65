import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atOnce } from '../../../../src/lib/event-loop.js';
import {
  countMechanism,
  gaussianMechanism,
  laplaceMechanism,
  noisyCounts,
  type CountMechanism,
} from '../../../../src/privacy/differential-privacy/count-mechanism.js';
import {
  concentratedDelta,
  gaussianTail,
  gaussianVariance,
} from '../../../../src/privacy/differential-privacy/discrete-gaussian.js';
import {
  laplaceDeviation,
  laplaceTail,
} from '../../../../src/privacy/differential-privacy/discrete-laplace.js';
import type { Rational } from '../../../../src/privacy/differential-privacy/exact-random.js';
import { privacyLoss, sharedLoss } from '../../../../src/domain/privacy-loss.js';
import { seededBytes } from '../../../support/seeded-bytes.js';

const LN_3 = Math.log(3);

const toNumber = ({ numerator, denominator }: Rational): number => Number(numerator) / Number(denominator);

const relative = (actual: number, expected: number): number => Math.abs(actual / expected - 1);

describe('published values: discrete Laplace', () => {
  // OpenDP, rust/src/measurements/noise_threshold/distribution/laplace/test.rs, test_make_laplace_threshold_int_map.
  it.each([
    [9, 3.319000812207484e-5],
    [8, 9.021979596479657e-5],
    [7, 0.00024524283193794183],
  ])('P(X > %i) for scale 1 is that of OpenDP', (n, expected) => {
    expect(relative(laplaceTail(1, n + 1), expected)).toBeLessThan(1e-11);
  });

  // Google differential-privacy, go/noise/laplace_noise_test.go, TestDeltaForThresholdLaplace and TestThresholdLaplace, for
  // continuous noise, which exceeds a whole n with a probability of exp(−n/b)/2 instead of exp(−n/b)/(1 + exp(−1/b)).
  it.each([
    [1, LN_3, 20, 4.3e-10],
    [1, 2 * LN_3, 10, 1.29e-9],
    [10, 10 * LN_3, 20, 4.3e-9],
  ])(
    'δ for %i cells, ε %d and threshold %i is that of Google, times the ratio of the tails',
    (cells, epsilon, threshold, delta) => {
      const scale = cells / epsilon;
      const perCell = laplaceTail(scale, threshold - 1);
      const expected = (delta * 2) / (1 + Math.exp(-1 / scale));
      expect(relative(-Math.expm1(cells * Math.log1p(-perCell)), expected)).toBeLessThan(0.01);
    },
  );

  it.each([
    [LN_3, 1e-10, 21.33],
    [2 * LN_3, 1e-10, 11.16],
  ])(
    'the threshold for ε %d and δ %d is the next whole number or the one after that of Google',
    (epsilon, delta, expected) => {
      const { threshold } = laplaceMechanism(privacyLoss(epsilon, delta), 1);
      expect(threshold).toBeGreaterThan(expected);
      expect(threshold).toBeLessThan(expected + 2);
    },
  );

  // The same file, TestLaplaceStatistics: variance 2·(k/ε)² of the continuous distribution, which the discrete one approaches.
  it('has the scale k/ε, and the variance of Google for large scales', () => {
    const { parameter, standardDeviation } = laplaceMechanism(privacyLoss(0.5, 1e-5), 4);
    expect(parameter).toEqual({ numerator: 8n, denominator: 1n });
    expect(standardDeviation).toBe(laplaceDeviation(8));
    expect(relative(laplaceDeviation(1_000) ** 2, 2 * 1_000 ** 2)).toBeLessThan(1e-6);
  });
});

describe('published values: discrete Gaussian', () => {
  // OpenDP, cdp_delta, test_edge_cases.
  it('zero-concentrated privacy converts to the δ of OpenDP', () => {
    expect(relative(concentratedDelta(0.5, 0), 0.5588356393474351)).toBeLessThan(1e-9);
  });

  // Google differential-privacy, go/noise/gaussian_noise_test.go, TestGaussianStatistics: σ² by the exact condition for the
  // continuous Gaussian, the least that any method can reach.
  it.each([
    [1, LN_3, 1e-10, 28.7647857666],
    [1, 2 * LN_3, 1e-10, 7.65948867798],
    [2, 2 * LN_3, 1e-10, 15.318977],
    [1, LN_3, 1e-5, 11.73597717285],
  ])(
    'σ² for %i cells, ε %d and δ %d is at most a fifth above that of Google',
    (cells, epsilon, delta, least) => {
      const variance = toNumber(gaussianVariance(cells, epsilon, delta));
      expect(variance).toBeGreaterThan(least);
      expect(variance).toBeLessThan(1.2 * least);
    },
  );

  // Canonne, Kamath, Steinke, theorem 7: the exact δ of the discrete Gaussian for one cell.
  it.each([
    [0.5, 1e-6],
    [1, 1e-5],
    [3, 1e-9],
  ])('σ² for one cell, ε %d and δ %d meets the exact condition', (epsilon, delta) => {
    const variance = toNumber(gaussianVariance(1, epsilon, delta));
    const from = (bound: number): number => gaussianTail(variance, Math.floor(bound) + 1);
    const exact = from(epsilon * variance - 0.5) - Math.exp(epsilon) * from(epsilon * variance + 0.5);
    expect(exact).toBeGreaterThan(delta / 20);
    expect(exact).toBeLessThanOrEqual(delta);
  });

  // The same file of Google, thresholdGaussianTestCases, with σ = 1 or 2 and the threshold of continuous noise.
  it.each([
    [1, 1, 0.022750131948, 3],
    [1, 2, 0.022828893856, 3.275415487306],
    [1, 1, 3e-5, 5.012810811118],
  ])(
    'the tail of σ² = %i passes the threshold of Google within 1 user, for %i cells and δ %d',
    (variance, cells, delta, expected) => {
      const deltaOf = (threshold: number): number => {
        const perCell = gaussianTail(variance, threshold - 1);
        return -Math.expm1(cells * Math.log1p(-perCell));
      };
      expect(deltaOf(Math.ceil(expected) + 1)).toBeLessThanOrEqual(delta);
      expect(deltaOf(Math.floor(expected))).toBeGreaterThan(delta);
    },
  );
});

describe('a mechanism', () => {
  const losses = fc.record({
    epsilon: fc.integer({ min: 10, max: 5_000 }).map((thousandths) => thousandths / 1_000),
    delta: fc.integer({ min: 3, max: 12 }).map((digits) => 10 ** -digits),
    cells: fc.integer({ min: 1, max: 100 }),
  });

  it('has the least threshold at which cells of one user alone appear with a probability of at most δ', () => {
    fc.assert(
      fc.property(losses, ({ epsilon, delta, cells }) => {
        const { parameter, threshold } = laplaceMechanism(privacyLoss(epsilon, delta), cells);
        const appears = (bound: number): number =>
          -Math.expm1(cells * Math.log1p(-laplaceTail(toNumber(parameter), bound - 1)));
        expect(appears(threshold)).toBeLessThanOrEqual(delta);
        expect(appears(threshold - 1)).toBeGreaterThan(delta * (1 - 1e-6));
      }),
    );
  });

  it('has less noise than the other distribution', () => {
    fc.assert(
      fc.property(losses, ({ epsilon, delta, cells }) => {
        const loss = privacyLoss(epsilon, delta);
        const chosen = countMechanism(loss, cells).standardDeviation;
        expect(chosen).toBeLessThanOrEqual(laplaceMechanism(loss, cells).standardDeviation);
        expect(chosen).toBeLessThanOrEqual(gaussianMechanism(loss, cells).standardDeviation);
      }),
      { numRuns: 30 },
    );
  });

  it('is Laplace for few cells of a user, and Gaussian for many', () => {
    const loss = sharedLoss(privacyLoss(1, 1e-5), 2);
    expect(countMechanism(loss, 4)).toMatchObject({ noise: 'LAPLACE', threshold: 105 });
    expect(countMechanism(loss, 30).noise).toBe('GAUSSIAN');
  });

  it('never exceeds the budget by rounding the shares of its releases', () => {
    const shared = sharedLoss(privacyLoss(1, 1e-5), 3);
    expect(3 * shared.epsilonMillionths).toBeLessThanOrEqual(1_000_000);
    expect(3 * shared.deltaTrillionths).toBeLessThanOrEqual(10_000_000);
  });
});

/** Released counts of the cells `a` and `b`, many times; undefined where a cell is suppressed. */
function releases(counts: Readonly<Record<string, number>>, mechanism: CountMechanism, seed: number) {
  const random = seededBytes(seed);
  return Array.from({ length: 10_000 }, () => {
    const released = new Map(atOnce(noisyCounts(Object.entries(counts), mechanism, random)));
    return { a: released.get('a'), b: released.get('b') };
  });
}

type Released = ReturnType<typeof releases>[number];

/** Events that reveal a user best: both counts are high, the sum is high, or the cell of the user alone appears. */
const EVENTS: readonly ((released: Released) => boolean)[] = [
  ...[18, 20, 21, 22, 24, 28].flatMap((bound) => [
    ({ a = 0, b = 0 }: Released) => a >= bound && b >= bound,
    ({ a = 0, b = 0 }: Released) => a + b >= 2 * bound,
    ({ a = 0 }: Released) => a >= bound,
  ]),
  ({ b }) => b !== undefined,
  ({ a, b }) => a === undefined || b !== undefined,
];

/** Largest excess of P(event | one) over e^ε · P(event | other) + δ, in standard errors of the estimate. */
function worstExcess(
  one: readonly Released[],
  other: readonly Released[],
  { epsilon, delta }: { epsilon: number; delta: number },
): number {
  const factor = Math.exp(epsilon);
  const share = (all: readonly Released[], event: (released: Released) => boolean): number =>
    all.filter(event).length / all.length;
  return Math.max(
    ...EVENTS.flatMap((event) => [event, (released: Released) => !event(released)]).map((event) => {
      const [p, q] = [share(one, event), share(other, event)];
      const error = Math.sqrt((p * (1 - p) + factor ** 2 * q * (1 - q)) / one.length);
      return error === 0 ? -Infinity : (p - factor * q - delta) / error;
    }),
  );
}

describe.each([
  ['LAPLACE', laplaceMechanism],
  ['GAUSSIAN', gaussianMechanism],
] as const)('with %s noise, releases with and without one user', (_noise, mechanismOf) => {
  const claim = { epsilon: 1, delta: 0.01 };
  const mechanism = mechanismOf(privacyLoss(claim.epsilon, claim.delta), 2);
  const neighbors = [
    ['in two large cells', { a: 21, b: 21 }, { a: 20, b: 20 }],
    ['in a large cell and one alone', { a: 21, b: 1 }, { a: 20 }],
    ['in two cells alone', { a: 1, b: 1 }, {}],
  ] as const;

  it.each(neighbors)('differ by at most (ε, δ): %s', (_name, withUser, without) => {
    const [one, other] = [releases(withUser, mechanism, 1), releases(without, mechanism, 2)];
    expect(worstExcess(one, other, claim)).toBeLessThan(4);
    expect(worstExcess(other, one, claim)).toBeLessThan(4);
  });

  it('would differ by more with the noise for three times ε', () => {
    const weak = mechanismOf(privacyLoss(3 * claim.epsilon, claim.delta), 2);
    const [, withUser, without] = neighbors[0];
    expect(worstExcess(releases(withUser, weak, 1), releases(without, weak, 2), claim)).toBeGreaterThan(4);
  });

  it('would differ by more with a threshold that is half as large', () => {
    const weak = { ...mechanism, threshold: Math.ceil(mechanism.threshold / 2) };
    const [, withUser, without] = neighbors[2];
    expect(worstExcess(releases(withUser, weak, 1), releases(without, weak, 2), claim)).toBeGreaterThan(4);
  });
});

it('releases only counts that reach the threshold', () => {
  const mechanism = laplaceMechanism(privacyLoss(1, 1e-5), 1);
  const counts = Array.from({ length: 2_000 }, (_, cell) => [cell, 1 + (cell % 40)] as const);
  const released = atOnce(noisyCounts(counts, mechanism, seededBytes(4)));
  expect(released.length).toBeGreaterThan(100);
  expect(released.filter(([, users]) => users < mechanism.threshold)).toEqual([]);
});
