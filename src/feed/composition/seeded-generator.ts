import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/**
 * A generator whose draws are independent also for seeds that are near each other: its state comes from SplitMix64
 * (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators").
 *
 * @param seed a whole number, of which the lowest 64 bits count.
 * @throws RangeError if it is not whole.
 */
export function seededGenerator(seed: number | bigint): RandomGenerator {
  const words: number[] = [];
  let state = BigInt(seed);
  for (let half = 0; half < 2; half += 1) {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let mixed = BigInt.asUintN(64, (state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    mixed ^= mixed >> 31n;
    words.push(Number(BigInt.asIntN(32, mixed >> 32n)), Number(BigInt.asIntN(32, mixed)));
  }
  return xoroshiro128plusFromState(words);
}
