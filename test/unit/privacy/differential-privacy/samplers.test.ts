import { describe, expect, it } from 'vitest';
import { discreteGaussian } from '../../../../src/privacy/differential-privacy/discrete-gaussian.js';
import { discreteLaplace } from '../../../../src/privacy/differential-privacy/discrete-laplace.js';
import {
  bernoulliExp,
  ratio,
  uniformBelow,
  type RandomBytes,
  type Rational,
} from '../../../../src/privacy/differential-privacy/exact-random.js';
import { chiSquare } from '../../../support/chi-square.js';
import { seededBytes } from '../../../support/seeded-bytes.js';

const SAMPLES = 10_000;

const draw = (sample: (random: RandomBytes) => bigint, seed = 1): number[] => {
  const random = seededBytes(seed);
  return Array.from({ length: SAMPLES }, () => Number(sample(random)));
};

const toNumber = ({ numerator, denominator }: Rational): number => Number(numerator) / Number(denominator);

/** Probabilities of the whole numbers from -1,000 to 1,000 that are proportional to some weights. */
function massOf(weight: (x: number) => number): Map<number, number> {
  const values = Array.from({ length: 2_001 }, (_, index) => index - 1_000);
  const total = values.reduce((sum, x) => sum + weight(x), 0);
  return new Map(values.map((x) => [x, weight(x) / total]));
}

const laplaceMass = (scale: number) => massOf((x) => Math.exp(-Math.abs(x) / scale));
const gaussianMass = (variance: number) => massOf((x) => Math.exp(-(x * x) / (2 * variance)));

describe('a uniform number', () => {
  it.each([1n, 2n, 3n, 10n, 256n, 257n, 1_000n])(
    'has the same probability for each value below %s',
    (bound) => {
      const samples = draw((random) => uniformBelow(random, bound));
      const mass = new Map(Array.from({ length: Number(bound) }, (_, x) => [x, 1 / Number(bound)]));
      expect(samples.filter((x) => !mass.has(x))).toEqual([]);
      if (bound === 1n) return;
      const { statistic, critical } = chiSquare(samples, mass);
      expect(statistic).toBeLessThan(critical);
    },
  );

  it('repeats a draw that is not below the bound', () => {
    const bytes = [0b111_00000, 0b101_00000, 0b100_00000];
    expect(uniformBelow(() => Uint8Array.of(bytes.shift() ?? 0), 5n)).toBe(4n);
  });
});

it.each([
  [0n, 1n],
  [1n, 3n],
  [1n, 1n],
  [5n, 2n],
])('a Bernoulli variable is true with probability exp(−%s/%s)', (numerator, denominator) => {
  const random = seededBytes(2);
  let successes = 0;
  for (let each = 0; each < SAMPLES; each += 1) {
    if (bernoulliExp(random, { numerator, denominator })) successes += 1;
  }
  const expected = Math.exp(-Number(numerator) / Number(denominator));
  const deviation = Math.sqrt((expected * (1 - expected)) / SAMPLES);
  expect(Math.abs(successes / SAMPLES - expected)).toBeLessThanOrEqual(4 * deviation);
});

it.each([
  [1n, 2n],
  [1n, 1n],
  [7n, 3n],
  [8n, 1n],
  [40n, 1n],
])('discrete Laplace samples of scale %s/%s have the exact distribution', (numerator, denominator) => {
  const scale = ratio(numerator, denominator);
  const samples = draw((random) => discreteLaplace(random, scale));
  const { statistic, critical } = chiSquare(samples, laplaceMass(toNumber(scale)));
  expect(statistic).toBeLessThan(critical);
});

it.each([
  [1n, 4n],
  [1n, 1n],
  [5n, 2n],
  [100n, 1n],
  [1_000_001n, 1_024n],
])('discrete Gaussian samples of σ² %s/%s have the exact distribution', (numerator, denominator) => {
  const variance = ratio(numerator, denominator);
  const samples = draw((random) => discreteGaussian(random, variance));
  const { statistic, critical } = chiSquare(samples, gaussianMass(toNumber(variance)));
  expect(statistic).toBeLessThan(critical);
});

describe('the χ² test of this file', () => {
  it.each([
    ['a scale that is 10% larger', laplaceMass(8.8)],
    ['a Gaussian of the same deviation', gaussianMass(127.8)],
  ])('rejects discrete Laplace samples for %s', (_name, mass) => {
    const samples = draw((random) => discreteLaplace(random, ratio(8n, 1n)));
    const { statistic, critical } = chiSquare(samples, mass);
    expect(statistic).toBeGreaterThan(critical);
  });
});
