import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/**
 * A sample of `k` without replacement with probability proportional to weight: the indexes of the k largest Gumbel keys
 * ln(weight) + G, in their order, where G = −ln(−ln u) is a standard Gumbel variate (Kool, van Hoof & Welling 2019,
 * "Stochastic beams and where to find them", section 2.3). The keys are compared as weight / −ln u, their exponentials.
 *
 * @param weights positive.
 */
export function gumbelTopK(rng: RandomGenerator, weights: Float64Array, k: number): number[] {
  const best: { index: number; key: number }[] = [];
  for (let index = 0; index < weights.length; index += 1) {
    const key = (weights[index] as number) / -Math.log(1 - uniformFloat64(rng));
    if (best.length === k && key <= (best.at(-1)?.key ?? -Infinity)) continue;
    const place = best.findIndex((other) => key > other.key);
    if (best.length === k) best.pop();
    best.splice(place < 0 ? best.length : place, 0, { index, key });
  }
  return best.slice(0, k).map(({ index }) => index);
}
