import type { FillColumn } from '../component.js';
import type { ContinuityConstants } from '../constants.js';
import type { MarketColumns } from '../features.js';
import { reuseFloats, reuseInts } from '../reusable-arrays.js';
import type { EngagedMarkets } from './engaged-markets.js';
import { decayFactor } from '../../../domain/decay.js';

/**
 * The component `continuity`: recent engagement with a market that this one continues. It is the larger of two values,
 * over engagements of the last `windowDays` with other markets:
 *
 * - same event: `2^(−days since / half-life)`;
 * - sibling, a market created shortly before or after:
 *   `sibling · 2^(−days since / half-life) · 2^(−k / siblingMarkets) / (1 + |Δ| / siblingDistance)`, where k is the number
 *   of later engagements and Δ the distance in creation rank.
 *
 * Authors write questions in series, and users who answer one continue with the next. In catalogs without series,
 * siblings are markets of the same days, and they say little.
 *
 * Range 0 to 1. Source: algorithm v2; the sibling term was found on recorded forecasts.
 */
export function continuityColumn(constants: ContinuityConstants): FillColumn {
  const sameEvent = new SameEvent();
  return ({ columns, engaged }, column) => {
    sameEvent.fill(columns, engaged, constants, column);
    const markets = Math.min(engaged.count, constants.siblingsOf);
    for (let market = 0; market < markets; market += 1) {
      const days = engaged.days[market] as number;
      if (days > constants.windowDays) continue;
      const strength =
        constants.sibling *
        decayFactor(days, constants.halfLifeDays) *
        decayFactor(market, constants.siblingMarkets);
      raiseSiblings(columns, engaged, market, strength, constants.siblingDistance, column);
    }
  };
}

/** The first of the two values, by row. */
class SameEvent {
  /** By event, the value of the latest engagement. */
  #latest = new Float64Array(0);
  /** By event, the row of that engagement; −1 for a past market. */
  #latestRow = new Int32Array(0);
  /** By event, the value of the latest engagement with another market. */
  #other = new Float64Array(0);

  fill(
    { event, eventCount }: MarketColumns,
    engaged: EngagedMarkets,
    constants: ContinuityConstants,
    column: Float64Array,
  ): void {
    const latest = (this.#latest = reuseFloats(eventCount, this.#latest).fill(0));
    const latestRow = (this.#latestRow = reuseInts(eventCount, this.#latestRow));
    const other = (this.#other = reuseFloats(eventCount, this.#other).fill(0));
    for (let market = 0; market < engaged.count; market += 1) this.#add(engaged, market, constants);
    for (let row = 0; row < column.length; row += 1) {
      const id = event[row] as number;
      column[row] = id < 0 ? 0 : ((latestRow[id] === row ? other[id] : latest[id]) as number);
    }
  }

  #add(engaged: EngagedMarkets, market: number, { windowDays, halfLifeDays }: ContinuityConstants): void {
    const event = engaged.event[market] as number;
    const days = engaged.days[market] as number;
    if (event < 0 || days > windowDays) return;
    const value = decayFactor(days, halfLifeDays);
    const latest = this.#latest[event] as number;
    if (value > latest) {
      this.#other[event] = latest;
      this.#latest[event] = value;
      this.#latestRow[event] = engaged.row[market] as number;
    } else if (value > (this.#other[event] as number)) this.#other[event] = value;
  }
}

/** Exceeds the rounding error of one multiplication and one division. */
const ROUNDING_MARGIN = 1 + 1e-12;

/** Raises the values of the siblings of an engaged market, not of the market itself. */
function raiseSiblings(
  { creationRank, creationSpread }: MarketColumns,
  engaged: EngagedMarkets,
  market: number,
  strength: number,
  siblingDistance: number,
  column: Float64Array,
): void {
  const rank = engaged.creationRank[market] as number;
  const ownRow = engaged.row[market] as number;
  const ownValue = ownRow < 0 ? 0 : (column[ownRow] as number);
  const scaled = strength * siblingDistance;
  for (let row = 0; row < column.length; row += 1) {
    // Markets created at the same instant, as by one import, are no series: their expected distance applies.
    const distance = Math.abs((creationRank[row] as number) - rank) || (creationSpread[row] as number);
    // Most rows already have a larger value. This test needs no division.
    if ((column[row] as number) * (siblingDistance + distance) > scaled * ROUNDING_MARGIN) continue;
    const value = scaled / (siblingDistance + distance);
    if (value > (column[row] as number)) column[row] = value;
  }
  if (ownRow >= 0) column[ownRow] = ownValue;
}
