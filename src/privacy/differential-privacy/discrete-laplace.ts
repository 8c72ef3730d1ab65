import { bernoulliExp, uniformBelow, type RandomBytes, type Rational } from './exact-random.js';

/**
 * Returns a sample of the discrete Laplace distribution of scale b:
 *
 *     P(X = x) = (1 − q)/(1 + q) · q^|x|   with q = exp(−1/b), for every whole x.
 *
 * Added to counts that one user changes by at most k in all, it is (k/b, 0)-differentially private (Ghosh, Roughgarden,
 * Sundararajan, "Universally utility-maximizing privacy mechanisms", 2009).
 *
 * Algorithm 2 of Canonne, Kamath, Steinke (arXiv:2004.00010): with b = t/s, U + t·V is geometric with exp(−1/t), so its
 * quotient by s is geometric with exp(−s/t) = q. A sign makes it two-sided; −0 is rejected.
 */
export function discreteLaplace(random: RandomBytes, { numerator: t, denominator: s }: Rational): bigint {
  for (;;) {
    const u = uniformBelow(random, t);
    if (!bernoulliExp(random, { numerator: u, denominator: t })) continue;
    let v = 0n;
    while (bernoulliExp(random, ONE)) v += 1n;
    const magnitude = (u + t * v) / s;
    const isNegative = uniformBelow(random, 2n) === 1n;
    if (isNegative && magnitude === 0n) continue;
    return isNegative ? -magnitude : magnitude;
  }
}

const ONE: Rational = { numerator: 1n, denominator: 1n };

/** Returns the standard deviation √(2q)/(1 − q), q = exp(−1/b), of the discrete Laplace distribution of scale b. */
export function laplaceDeviation(scale: number): number {
  return Math.sqrt(2 * Math.exp(-1 / scale)) / -Math.expm1(-1 / scale);
}

/** Returns P(X ≥ n) = qⁿ/(1 + q), q = exp(−1/b), for the discrete Laplace distribution of scale b and n ≥ 1. */
export function laplaceTail(scale: number, n: number): number {
  return Math.exp(-n / scale) / (1 + Math.exp(-1 / scale));
}
