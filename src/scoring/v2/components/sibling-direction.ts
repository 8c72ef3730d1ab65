import { decayFactor } from '../../../domain/decay.js';
import type { LoadValues } from '../component.js';
import type { EngagedMarkets } from './engaged-markets.js';
import { Siblings } from './siblings.js';

const MARKETS = 10;
const STRENGTH = 0.75;
const HALF_AFTER_DAYS = 2;
/** Of `2^(−k/5 − k/3)`. */
const HALF_AFTER_MARKETS = 15 / 8;
const DISTANCE = 3;

/** A choice counts as a move to a sibling from this strength on; no earlier engagement than the third reaches it. */
const MOVE_STRENGTH = 0.3;
const MOVE_MARKETS = 3;
const DECAY = 0.95;

/** The strength of a sibling at distance 0. */
function strengthOf(days: number, later: number): number {
  return STRENGTH * decayFactor(days, HALF_AFTER_DAYS) * decayFactor(later, HALF_AFTER_MARKETS);
}

/**
 * ln(N₊ / N₋): how much more often the user moved on to markets created later than to markets created earlier. Both counts
 * start at 1. With each choice that is a sibling of one of the three before it, they decay towards 1, and that of its side
 * grows by 1.
 *
 * Positive for a user who moves towards newer markets. Source: algorithm v2.
 */
function creationDirection({ count, creationRank, days }: EngagedMarkets): number {
  let later = 1;
  let earlier = 1;
  for (let choice = count - 2; choice >= 0; choice -= 1) {
    let strongest = MOVE_STRENGTH;
    let side = 0;
    for (let before = choice + 1; before < Math.min(count, choice + 1 + MOVE_MARKETS); before += 1) {
      const difference = (creationRank[choice] as number) - (creationRank[before] as number);
      const since = Math.max(0, (days[before] as number) - (days[choice] as number));
      const strength = strengthOf(since, before - choice - 1) / (1 + Math.abs(difference) / DISTANCE);
      if (strength <= strongest) continue;
      strongest = strength;
      side = Math.sign(difference);
    }
    if (strongest === MOVE_STRENGTH) continue;
    later = DECAY * later + (1 - DECAY) + (side > 0 ? 1 : 0);
    earlier = DECAY * earlier + (1 - DECAY) + (side < 0 ? 1 : 0);
  }
  return Math.log(later / earlier);
}

/**
 * The component `sibDir`: {@link creationDirection} times (S₊ − S₋). S₊ is the largest
 * `0.75·2^(−days/2 − k/5 − k/3) / (1 + Δ/3)` over the latest 10 engagements with markets that were created before this one,
 * and S₋ over those created after it.
 *
 * Range about −3 to 3. Source: algorithm v2.
 */
export function siblingDirectionValues(): LoadValues {
  const siblings = new Siblings({
    ...{ windowDays: Infinity, markets: MARKETS, distance: DISTANCE, leastTie: 0 },
    strength: strengthOf,
  });
  const strengths = new Float64Array(MARKETS);
  return ({ columns, engaged }) => {
    const direction = creationDirection(engaged);
    const count = Math.min(engaged.count, MARKETS);
    for (let market = 0; market < count; market += 1)
      strengths[market] = strengthOf(engaged.days[market] as number, market);
    const own = strengths.subarray(0, count);
    siblings.load(columns, engaged);
    return {
      fill(rows, values) {
        for (let i = 0; i < rows.length; i += 1) {
          const rank = columns.creationRank[rows[i] as number] as number;
          values[i] = direction * sideDifference(engaged.creationRank, own, rank);
        }
      },
      addBounds(weight, bounds) {
        siblings.addBounds(weight * Math.abs(direction), bounds);
      },
    };
  };
}

/** S₊ − S₋ of a market by its rank, and by the ranks of the latest engaged markets and their strengths at distance 0. */
function sideDifference(ranks: Float64Array, strengths: Float64Array, rank: number): number {
  let after = 0;
  let before = 0;
  for (let market = 0; market < strengths.length; market += 1) {
    const difference = rank - (ranks[market] as number);
    const strength = (strengths[market] as number) / (1 + Math.abs(difference) / DISTANCE);
    if (difference > 0) after = Math.max(after, strength);
    else if (difference < 0) before = Math.max(before, strength);
  }
  return after - before;
}
