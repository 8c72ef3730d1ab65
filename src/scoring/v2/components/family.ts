import { decayFactor } from '../../../domain/decay.js';
import type { LoadValues } from '../component.js';
import { reuseFloats } from '../reusable-arrays.js';

/** Number of later engagements after which an engagement counts half. */
const HALF_AFTER = 4;

/**
 * The component `fam`: `2^(−j / 4)`, where j is the number of the user's engagements since the latest one in the market's
 * family. A family is the part of the event key before its first hyphen, else the first tag.
 *
 * Range 0 to 1; 0 for a family that the user did not engage with. Source: algorithm v2.
 */
export function familyValues(): LoadValues {
  /** By family, its value; zeros but for those of the user. */
  let byFamily = new Float64Array(0);
  let engagedFamilies: number[] = [];
  return ({ columns, engaged }) => {
    const { ids, count } = columns.patterns.family;
    for (const family of engagedFamilies) byFamily[family] = 0;
    byFamily = reuseFloats(count, byFamily);
    engagedFamilies = [];
    for (let market = 0; market < engaged.count; market += 1) {
      const family = engaged.family[market] as number;
      if (family < 0 || byFamily[family] !== 0) continue;
      byFamily[family] = decayFactor(market, HALF_AFTER);
      engagedFamilies.push(family);
    }
    return {
      fill(rows, values) {
        for (let i = 0; i < rows.length; i += 1) {
          const family = ids[rows[i] as number] as number;
          values[i] = family < 0 ? 0 : (byFamily[family] as number);
        }
      },
      addBounds(weight, bounds) {
        if (engagedFamilies.length === 0) return;
        for (let row = 0; row < bounds.length; row += 1) {
          const family = ids[row] as number;
          if (family >= 0) bounds[row] = (bounds[row] as number) + weight * (byFamily[family] as number);
        }
      },
    };
  };
}
