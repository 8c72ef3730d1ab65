import type { ContinuityConstants } from './constants.js';
import type { EngagedMarkets } from './engaged-markets.js';
import { halving } from './halving.js';
import type { MarketColumns } from './market-columns.js';
import { roomFor, wholeRoomFor } from './scratch.js';

/** More than rounding could make of it. */
const ROUNDED_UP = 1 + 1e-12;

/**
 * Whether a person lately engaged with a market that this one continues, by row: the larger of two, each
 * `2^(−days since / halfLife)` of an engagement with another market that is at most `windowDays` old:
 *
 * - with one of the same event;
 * - with a sibling, one made just before or after it: times `sibling · 2^(−k / siblingMarkets) / (1 + |Δ| / siblingPlaces)`,
 *   where k other markets were engaged with since and Δ is how many places the two are apart in the order of creation.
 *   People write questions in runs, and who answered one goes on with the next; where there are no runs, it says that
 *   markets of the same days go together, and little.
 *
 * Range 0 to 1. Source: algorithm v2; the sibling part was found on recorded forecasts.
 */
export class Continuity {
  /** By event, the latest engagement, the row it was with (−1 for a past market), and the latest with another market. */
  #latest = new Float64Array(0);
  #latestRow = new Int32Array(0);
  #other = new Float64Array(0);

  /** @param continuity by row, is overwritten. */
  fill(
    columns: MarketColumns,
    engaged: EngagedMarkets,
    constants: ContinuityConstants,
    continuity: Float64Array,
  ): void {
    this.#fillEvents(columns, engaged, constants, continuity);
    const markets = Math.min(engaged.count, constants.siblingsOf);
    for (let market = 0; market < markets; market += 1) {
      const days = engaged.days[market] as number;
      if (days > constants.windowDays) continue;
      const strength =
        constants.sibling * halving(days, constants.halfLifeDays) * halving(market, constants.siblingMarkets);
      raiseSiblings(columns, engaged, market, strength, constants.siblingPlaces, continuity);
    }
  }

  #fillEvents(
    { event, eventCount }: MarketColumns,
    engaged: EngagedMarkets,
    constants: ContinuityConstants,
    continuity: Float64Array,
  ): void {
    this.#latest = roomFor(eventCount, this.#latest).fill(0);
    this.#latestRow = wholeRoomFor(eventCount, this.#latestRow);
    this.#other = roomFor(eventCount, this.#other).fill(0);
    for (let market = 0; market < engaged.count; market += 1) this.#take(engaged, market, constants);
    const latest = this.#latest;
    const latestRow = this.#latestRow;
    const other = this.#other;
    for (let row = 0; row < continuity.length; row += 1) {
      const at = event[row] as number;
      continuity[row] = at < 0 ? 0 : ((latestRow[at] === row ? other[at] : latest[at]) as number);
    }
  }

  #take(engaged: EngagedMarkets, market: number, { windowDays, halfLifeDays }: ContinuityConstants): void {
    const event = engaged.event[market] as number;
    const days = engaged.days[market] as number;
    if (event < 0 || days > windowDays) return;
    const value = halving(days, halfLifeDays);
    const latest = this.#latest[event] as number;
    if (value > latest) {
      this.#other[event] = latest;
      this.#latest[event] = value;
      this.#latestRow[event] = engaged.row[market] as number;
    } else if (value > (this.#other[event] as number)) this.#other[event] = value;
  }
}

/** Raises the markets made around one that was engaged with, the market itself left out. */
function raiseSiblings(
  { creationPlace, creationSpread }: MarketColumns,
  engaged: EngagedMarkets,
  market: number,
  strength: number,
  siblingPlaces: number,
  continuity: Float64Array,
): void {
  const place = engaged.place[market] as number;
  const itself = engaged.row[market] as number;
  const own = itself < 0 ? 0 : (continuity[itself] as number);
  const scaled = strength * siblingPlaces;
  for (let row = 0; row < continuity.length; row += 1) {
    // Made at the same instant, such as by one import, they are no run: each is as far away as they are many.
    const apart = Math.abs((creationPlace[row] as number) - place) || (creationSpread[row] as number);
    // Most rows have more already, and to see that takes no division.
    if ((continuity[row] as number) * (siblingPlaces + apart) > scaled * ROUNDED_UP) continue;
    const value = scaled / (siblingPlaces + apart);
    if (value > (continuity[row] as number)) continuity[row] = value;
  }
  if (itself >= 0) continuity[itself] = own;
}
