import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { bestRows, type RowOrder } from '../best-rows.js';
import type { ExploredRow } from './sampler.js';

/** Fewest rows whose values are drawn, and how many per pick. */
const SHORTLIST = 128;
const SHORTLIST_PER_PICK = 4;

/** Values of rows in a fixed number of draws from a posterior. */
export interface ValueDraws {
  readonly count: number;
  /** The optimistic order, by which rows are shortlisted. */
  readonly optimistic: RowOrder;
  /** Returns the function that writes the values of these rows in a draw, in their order. */
  of(rows: Int32Array): (draw: number, into: Float64Array) => void;
}

/**
 * Thompson sampling from a fixed set of draws: one of them is chosen uniformly, and its `picks` best rows are sampled. Only the
 * rows that are best in the optimistic order take part: 128, or 4 per pick.
 *
 * So the propensity of a row is the share of the draws in which it is among the best. It is exact, a multiple of
 * 1 / `draws.count`, and at least that for a sampled row.
 */
export function exploreByDraws(
  pool: Int32Array,
  draws: ValueDraws,
  picks: number,
  rng: RandomGenerator,
): ExploredRow[] {
  if (picks === 0) return [];
  const shortlist = shortlisted(pool, draws, picks);
  const chosen = uniformInt(rng, 0, draws.count - 1);
  const fill = draws.of(shortlist);
  const values = new Float64Array(shortlist.length);
  const times = new Int32Array(shortlist.length);
  const best = new Int32Array(picks);
  let sampled = best;
  for (let draw = 0; draw < draws.count; draw += 1) {
    fill(draw, values);
    bestIndexes(values, best);
    for (let i = 0; i < picks; i += 1) {
      const index = best[i] as number;
      times[index] = (times[index] as number) + 1;
    }
    if (draw === chosen) sampled = best.slice();
  }
  return Array.from(sampled, (index) => ({
    row: shortlist[index] as number,
    propensity: (times[index] as number) / draws.count,
  }));
}

/**
 * Writes the indexes of the highest values, highest first, of equal ones the lower index. By insertion and without memory,
 * because it runs for each draw and few indexes are wanted.
 */
function bestIndexes(values: Float64Array, into: Int32Array): void {
  const count = into.length;
  let size = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as number;
    if (size === count && value <= (values[into[count - 1] as number] as number)) continue;
    let at = size === count ? count - 1 : size++;
    for (; at > 0 && value > (values[into[at - 1] as number] as number); at -= 1)
      into[at] = into[at - 1] as number;
    into[at] = index;
  }
}

const ALL = { above: -Infinity, wanted: null } as const;

function shortlisted(pool: Int32Array, { optimistic }: ValueDraws, picks: number): Int32Array {
  const size = Math.max(SHORTLIST, SHORTLIST_PER_PICK * picks);
  // Ascending, so that ties within a draw do not depend on the optimistic order.
  return pool.length <= size ? pool : bestRows(pool, size, optimistic, ALL).slice().sort();
}
