/**
 * Exact random variables from uniform bytes: every probability is a ratio of integers, and no floating-point number takes
 * part. Floating-point noise reveals the value it hides by the bits that it cannot produce (Mironov, "On significance of the
 * least significant bits for differential privacy", 2012).
 */

/** Returns uniformly distributed bytes. A release needs a cryptographic source, such as `randomBytes` of node:crypto. */
export type RandomBytes = (count: number) => Uint8Array;

/** The number `numerator / denominator`, which is at least 0; the denominator is above 0. */
export interface Rational {
  readonly numerator: bigint;
  readonly denominator: bigint;
}

/** Returns the ratio of two whole numbers in lowest terms, which keeps the samplers fast. */
export function ratio(numerator: bigint, denominator: bigint): Rational {
  let [divisor, rest] = [numerator, denominator];
  while (rest > 0n) [divisor, rest] = [rest, divisor % rest];
  return { numerator: numerator / divisor, denominator: denominator / divisor };
}

/** Returns a uniform whole number from 0 to `bound - 1`: draws as many bits as the bound has, until they are below it. */
export function uniformBelow(random: RandomBytes, bound: bigint): bigint {
  const bits = (bound - 1n).toString(2).length;
  const length = Math.ceil(bits / 8);
  const unused = BigInt(8 * length - bits);
  for (;;) {
    let drawn = 0n;
    for (const byte of random(length)) drawn = (drawn << 8n) | BigInt(byte);
    drawn >>= unused;
    if (drawn < bound) return drawn;
  }
}

/**
 * Returns true with probability exp(−γ).
 *
 * Canonne, Kamath, Steinke, "The discrete Gaussian for differential privacy" (arXiv:2004.00010), algorithm 1.
 */
export function bernoulliExp(random: RandomBytes, { numerator, denominator }: Rational): boolean {
  for (let whole = numerator / denominator; whole > 0n; whole -= 1n) {
    if (!bernoulliExpFraction(random, ONE)) return false;
  }
  return bernoulliExpFraction(random, { numerator: numerator % denominator, denominator });
}

const ONE: Rational = { numerator: 1n, denominator: 1n };

/**
 * The same for γ from 0 to 1: draws Bernoulli(γ/1), Bernoulli(γ/2), … until one is false. The number of draws K has
 * P(K > n) = γⁿ/n!, so K is odd with probability Σ (−γ)ⁿ/n! = exp(−γ).
 */
function bernoulliExpFraction(random: RandomBytes, { numerator, denominator }: Rational): boolean {
  let draws = 1n;
  while (uniformBelow(random, denominator * draws) < numerator) draws += 1n;
  return draws % 2n === 1n;
}
