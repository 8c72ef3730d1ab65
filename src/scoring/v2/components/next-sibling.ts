import { decayFactor } from '../../../domain/decay.js';
import type { LoadValues } from '../component.js';
import { Siblings } from './siblings.js';

/**
 * The component `sib1`: closeness in creation order to a market that the user engaged with very recently. It is the largest
 * `2^(−k) / (1 + |Δ|)` over the latest 10 engagements of the last 7 days, where k is the number of later engagements and Δ
 * the distance in creation rank. For markets created at the same instant, Δ is the expected distance, at least 1.
 *
 * Range 0 to 1. Source: algorithm v2; found on recorded forecasts.
 */
export function nextSiblingValues(): LoadValues {
  const siblings = new Siblings({
    ...{ windowDays: 7, markets: 10, distance: 1, leastTie: 1 },
    strength: (_, later) => decayFactor(later, 1),
  });
  return ({ columns, engaged }) => {
    siblings.load(columns, engaged);
    return {
      fill(rows, values) {
        values.fill(0, 0, rows.length);
        siblings.raise(rows, values);
      },
      addBounds(weight, bounds) {
        siblings.addBounds(weight, bounds);
      },
    };
  };
}
