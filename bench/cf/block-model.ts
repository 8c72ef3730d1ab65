/** Generated interactions with a known structure: users engage with the items of a few blocks. */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

export interface BlockModel {
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  readonly blocks: number;
  readonly seed: number;
}

/** The items of each user, by user number. */
export interface Split {
  readonly train: readonly (readonly number[])[];
  readonly test: readonly (readonly number[])[];
  readonly items: number;
}

/** Share of the interactions that are not in a block of the user. */
const OUTSIDE = 0.2;
const MOST_BLOCKS = 4;
/** Exponents of the power laws of items, and of users, by rank. */
const ITEM_EXPONENT = 0.7;
const USER_EXPONENT = 0.6;
const TEST_SHARE = 0.2;

/**
 * Draws interactions. Items and users have power laws of activity. A user has 1 to 4 blocks, the k-th of which is chosen
 * with a weight of 1/k. A fifth of the interactions of each user are held out.
 */
export function generateSplit({ users, items, interactions, blocks, seed }: BlockModel): Split {
  const rng = xoroshiro128plus(seed);
  const popularity = shuffled(powerLaw(items, ITEM_EXPONENT), rng);
  const all = new WeightedItems(
    Array.from({ length: items }, (_, item) => item),
    popularity,
  );
  const ofBlock = Array.from({ length: blocks }, (_, block) => {
    const members = Array.from(
      { length: Math.ceil((items - block) / blocks) },
      (__, index) => block + index * blocks,
    );
    return new WeightedItems(members, popularity);
  });
  const activity = shuffled(powerLaw(users, USER_EXPONENT), rng);
  const total = activity.reduce((sum, weight) => sum + weight, 0);
  const train: number[][] = [];
  const test: number[][] = [];
  for (const weight of activity) {
    const count = Math.min(items / 4, Math.max(5, Math.round((interactions * weight) / total)));
    const own = Array.from({ length: uniformInt(rng, 1, MOST_BLOCKS) }, () => uniformInt(rng, 0, blocks - 1));
    const chosen = new Set<number>();
    for (let draw = 0; draw < 4 * count && chosen.size < count; draw += 1) {
      const block = ofBlock[own[harmonicIndex(own.length, rng)] ?? 0] ?? all;
      chosen.add((uniformFloat64(rng) < OUTSIDE ? all : block).draw(rng));
    }
    const drawn = shuffled([...chosen], rng);
    const held = Math.round(TEST_SHARE * drawn.length);
    test.push(drawn.slice(0, held));
    train.push(drawn.slice(held));
  }
  return { train, test, items };
}

function powerLaw(count: number, exponent: number): number[] {
  return Array.from({ length: count }, (_, rank) => (rank + 1) ** -exponent);
}

/** An index from 0, in proportion to 1 / (index + 1). */
function harmonicIndex(length: number, rng: RandomGenerator): number {
  let total = 0;
  for (let index = 0; index < length; index += 1) total += 1 / (index + 1);
  let rest = uniformFloat64(rng) * total;
  let index = 0;
  while (index + 1 < length && rest >= 1 / (index + 1)) {
    rest -= 1 / (index + 1);
    index += 1;
  }
  return index;
}

function shuffled<Value>(values: readonly Value[], rng: RandomGenerator): Value[] {
  const copy = [...values];
  for (let last = copy.length - 1; last > 0; last -= 1) {
    const other = uniformInt(rng, 0, last);
    [copy[last], copy[other]] = [copy[other] as Value, copy[last] as Value];
  }
  return copy;
}

class WeightedItems {
  readonly #items: readonly number[];
  readonly #cumulative: Float64Array;

  constructor(items: readonly number[], weights: readonly number[]) {
    this.#items = items;
    let sum = 0;
    this.#cumulative = Float64Array.from(items, (item) => (sum += weights[item] ?? 0));
  }

  draw(rng: RandomGenerator): number {
    const at = uniformFloat64(rng) * (this.#cumulative.at(-1) ?? 0);
    let [low, high] = [0, this.#cumulative.length - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#cumulative[middle] ?? Infinity) <= at) low = middle + 1;
      else high = middle;
    }
    return this.#items[low] ?? 0;
  }
}
