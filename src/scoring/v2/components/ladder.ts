import { decayFactor } from '../../../domain/decay.js';
import type { LoadValues } from '../component.js';
import { keyRows } from '../key-rows.js';
import { SparseValues } from '../sparse-values.js';

/** Number of latest markets whose ladders count, and the number of later engagements after which one counts half. */
const MARKETS = 10;
const HALF_AFTER = 4;

/** Weight of the distance between two rungs. */
const DISTANCE = 3;

/**
 * Closeness of two markets of a ladder: `1 / ((1 + 3·Σ|ln((a + 1) / (b + 1))|) · max(1, numbers that differ))` over the
 * numbers of their titles.
 *
 * Range 0 to 1; 1 for equal numbers. Source: algorithm v2.
 */
function rungCloseness(numbers: readonly number[], others: readonly number[]): number {
  let distance = 0;
  let differing = 0;
  for (let index = 0; index < numbers.length; index += 1) {
    const one = numbers[index] as number;
    const other = others[index] as number;
    if (one === other) continue;
    differing += 1;
    distance += Math.abs(Math.log((one + 1) / (other + 1)));
  }
  return 1 / ((1 + DISTANCE * distance) * Math.max(1, differing));
}

/**
 * The component `ladder`: closeness to a rung that the user engaged with recently. A ladder is a set of markets whose titles
 * differ in numbers and dates only, such as "BTC above 100k". It is the largest `2^(−k / 4) · closeness` over the latest 10
 * engagements, where k is the number of later ones. The market itself does not count.
 *
 * Range 0 to 1. Source: algorithm v2.
 */
export function ladderValues(): LoadValues {
  const closeness = new SparseValues();
  return ({ columns, engaged }) => {
    const { ladder, numbers } = columns.patterns;
    closeness.reset(columns.size);
    const { start, rows: rungs } = keyRows(ladder.ids, ladder.count);
    for (let market = 0; market < Math.min(engaged.count, MARKETS); market += 1) {
      const id = engaged.ladder[market] as number;
      if (id < 0) continue;
      const recency = decayFactor(market, HALF_AFTER);
      const own = engaged.numbers[market] as readonly number[];
      const to = start[id + 1] as number;
      for (let at = start[id] as number; at < to; at += 1) {
        const row = rungs[at] as number;
        if (row === engaged.row[market]) continue;
        closeness.raise(row, recency * rungCloseness(own, numbers[row] as readonly number[]));
      }
    }
    return {
      fill(rows, values) {
        closeness.fill(rows, values);
      },
      addBounds(weight, bounds) {
        closeness.addTo(weight, bounds);
      },
    };
  };
}
