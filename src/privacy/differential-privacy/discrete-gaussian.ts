import { bernoulliExp, type RandomBytes, type Rational } from './exact-random.js';
import { discreteLaplace } from './discrete-laplace.js';
import { leastWhole } from './least-whole.js';

/**
 * Returns a sample of the discrete Gaussian distribution of parameter σ²:
 *
 *     P(X = x) ∝ exp(−x²/(2σ²))   for every whole x.
 *
 * Added to counts of which one user changes at most k by 1, it is ρ-zero-concentrated differentially private with
 * ρ = k/(2σ²) (theorem 14 of the source below).
 *
 * Algorithm 3 of Canonne, Kamath, Steinke (arXiv:2004.00010): a discrete Laplace sample of scale t = ⌊σ⌋ + 1 is accepted
 * with probability exp(−(|Y| − σ²/t)²/(2σ²)).
 */
export function discreteGaussian(random: RandomBytes, variance: Rational): bigint {
  const { numerator: n, denominator: d } = variance;
  const t = floorOfRoot(n / d) + 1n;
  for (;;) {
    const sample = discreteLaplace(random, { numerator: t, denominator: 1n });
    const magnitude = sample < 0n ? -sample : sample;
    // (|Y| − n/(d·t))² / (2n/d) = (|Y|·d·t − n)² / (2·n·d·t²)
    const difference = magnitude * d * t - n;
    const gamma = { numerator: difference * difference, denominator: 2n * n * d * t * t };
    if (bernoulliExp(random, gamma)) return sample;
  }
}

/** Returns ⌊√value⌋ by Newton's method, from above. */
function floorOfRoot(value: bigint): bigint {
  if (value < 2n) return value;
  let root = value;
  for (;;) {
    const next = (root + value / root) / 2n;
    if (next >= root) return root;
    root = next;
  }
}

/**
 * Returns P(X ≥ n) for the discrete Gaussian distribution of parameter σ² and n ≥ 1, without the terms beyond 12 standard
 * deviations, which sum to less than 1e-31.
 */
export function gaussianTail(variance: number, n: number): number {
  const weight = (x: number): number => Math.exp(-(x * x) / (2 * variance));
  const last = Math.ceil(12 * Math.sqrt(variance)) + 1;
  let [tail, positive] = [0, 0];
  for (let x = last; x >= 1; x -= 1) {
    positive += weight(x);
    if (x >= n) tail += weight(x);
  }
  return tail / (1 + 2 * positive);
}

/**
 * Returns the least δ such that ρ-zero-concentrated differential privacy implies (ε, δ)-differential privacy, up to the
 * search for α, of which every value gives a valid δ:
 *
 *     δ = min over α > 1 of exp((α − 1)(αρ − ε) + α·ln(1 − 1/α)) / (α − 1)
 *
 * Corollary 13 of Canonne, Kamath, Steinke (arXiv:2004.00010). The derivative by α of the exponent's logarithm,
 * (2α − 1)ρ − ε + ln(1 − 1/α), grows with α, so bisection finds its root.
 */
export function concentratedDelta(rho: number, epsilon: number): number {
  // Nearer to 1, the logarithm loses its digits; the least δ lies there only if it is useless.
  let low = 1.01;
  let high = (epsilon + 1) / (2 * rho) + 2;
  for (let step = 0; step < 100; step += 1) {
    const alpha = (low + high) / 2;
    if ((2 * alpha - 1) * rho - epsilon + Math.log1p(-1 / alpha) < 0) low = alpha;
    else high = alpha;
  }
  const exponent = (high - 1) * (high * rho - epsilon) + high * Math.log1p(-1 / high);
  return Math.min(1, Math.exp(exponent) / (high - 1));
}

/** Unit of σ², so that it is a ratio of integers. */
const VARIANCE_UNITS = 1_024;

/**
 * Returns the least σ², as a multiple of 1/1024, with which counts of which one user changes at most `cells` by 1 are
 * (ε, δ)-differentially private. Larger by up to a fifth than the σ² of the exact condition for the continuous Gaussian
 * (Balle, Wang, arXiv:1805.06530), because the way over ρ is simple and holds for every number of cells.
 */
export function gaussianVariance(cells: number, epsilon: number, delta: number): Rational {
  const suffices = (units: number): boolean =>
    concentratedDelta((cells * VARIANCE_UNITS) / (2 * units), epsilon) <= delta;
  const units = leastWhole(suffices, VARIANCE_UNITS);
  return { numerator: BigInt(units), denominator: BigInt(VARIANCE_UNITS) };
}
