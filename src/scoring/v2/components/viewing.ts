import { depth } from '../../shared/depth.js';
import { clampToUnit, logit } from '../../shared/probability.js';
import type { LoadValues } from '../component.js';
import { reuseFloats } from '../reusable-arrays.js';

/** The component `depth`: {@link depth} of each market's category. Range 0 to 1. */
export function depthValues(): LoadValues {
  let byCategory = new Float64Array(0);
  return ({ columns: { category, topics }, user: { dwellByCategory } }) => {
    byCategory = reuseFloats(topics.count, byCategory).fill(0);
    for (const key of dwellByCategory.keys()) {
      const id = topics.idOf('CATEGORY', key);
      if (id !== undefined) byCategory[id] = clampToUnit(depth(key, dwellByCategory));
    }
    return {
      fill(rows, values) {
        for (let i = 0; i < rows.length; i += 1)
          values[i] = byCategory[category[rows[i] as number] as number] as number;
      },
    };
  };
}

/**
 * Move of the odds since the user last viewed a market: `min(1, |logit(p) − logit(p then)|)`. A move of 1 in log-odds,
 * such as from 0.50 to 0.73, counts in full. 0 when either probability is unknown (NaN). Unlike the difference of
 * probabilities in v1, the log-odds give moves near 0 and 1 their weight.
 *
 * Range 0 to 1. Source: algorithm v2.
 */
export function followup(probability: number, probabilityThen: number): number {
  return clampToUnit(Math.abs(logit(probability) - logit(probabilityThen)));
}

/** The component `followup`; 0 for markets that the user has not viewed. */
export function followupValues(): LoadValues {
  /** Zeros but for the viewed rows. */
  let byRow = new Float64Array(0);
  let viewed: number[] = [];
  return ({ columns, user: { views } }) => {
    for (const row of viewed) byRow[row] = 0;
    byRow = reuseFloats(columns.size, byRow);
    viewed = [];
    for (const { marketId, probability } of views) {
      const row = columns.rowOf(marketId);
      if (row === undefined) continue;
      byRow[row] = followup(columns.probability[row] as number, probability);
      if (byRow[row] > 0) viewed.push(row);
    }
    return {
      fill(rows, values) {
        for (let i = 0; i < rows.length; i += 1) values[i] = byRow[rows[i] as number] as number;
      },
      addBounds(weight, bounds) {
        for (const row of viewed) bounds[row] = (bounds[row] as number) + weight * (byRow[row] as number);
      },
    };
  };
}
