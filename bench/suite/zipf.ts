/** Draws of users by a Zipf law: the user of rank r is drawn in proportion to 1/r. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { lowerBound } from '../../dist/lib/binary-search.js';

/** A prime, so that it has no common divisor with a smaller number of users. */
const STEP = 15_485_863;

export class ZipfUsers {
  /** The probability of a rank of at most the index + 1. */
  readonly #cumulative: Float64Array;

  constructor(count: number) {
    this.#cumulative = new Float64Array(count);
    let sum = 0;
    for (let index = 0; index < count; index += 1) this.#cumulative[index] = sum += 1 / (index + 1);
    for (let index = 0; index < count; index += 1)
      this.#cumulative[index] = (this.#cumulative[index] ?? 0) / sum;
  }

  /** The number of a user, from 0. Ranks are spread over the numbers, so over users with short and long histories. */
  draw(rng: RandomGenerator): number {
    const at = uniformFloat64(rng);
    const last = this.#cumulative.length - 1;
    const index = lowerBound(last, (other) => (this.#cumulative[other] ?? 1) <= at);
    return (index * STEP) % this.#cumulative.length;
  }
}
