import type { LoadValues } from '../component.js';
import type { ContinuityConstants } from '../constants.js';
import type { MarketColumns } from '../features.js';
import { keyRows } from '../key-rows.js';
import { reuseFloats, reuseInts } from '../reusable-arrays.js';
import type { EngagedMarkets } from './engaged-markets.js';
import { Siblings } from './siblings.js';
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
export function continuityValues(constants: ContinuityConstants): LoadValues {
  const sameEvent = new SameEvent();
  const { sibling, halfLifeDays, siblingMarkets } = constants;
  const siblings = new Siblings({
    windowDays: constants.windowDays,
    markets: constants.siblingsOf,
    distance: constants.siblingDistance,
    leastTie: 0,
    strength: (days, later) => sibling * decayFactor(days, halfLifeDays) * decayFactor(later, siblingMarkets),
  });
  return ({ columns, engaged }) => {
    sameEvent.load(columns, engaged, constants);
    siblings.load(columns, engaged);
    return {
      fill(rows, values) {
        sameEvent.fill(rows, values);
        siblings.raise(rows, values);
      },
      addBounds(weight, bounds) {
        siblings.addBounds(weight, bounds);
        sameEvent.addBounds(columns, weight, bounds);
      },
    };
  };
}

/** The first of the two values. */
class SameEvent {
  #event: Int32Array = new Int32Array(0);
  /** The events of engagements. */
  #events: number[] = [];
  /** By event, the value of the latest engagement; 0 without one. */
  #latest = new Float64Array(0);
  /** By event, the row of that engagement; −1 for a past market. */
  #latestRow = new Int32Array(0);
  /** By event, the value of the latest engagement with another market. */
  #other = new Float64Array(0);

  load({ event, eventCount }: MarketColumns, engaged: EngagedMarkets, constants: ContinuityConstants): void {
    for (const id of this.#events) {
      this.#latest[id] = 0;
      this.#other[id] = 0;
    }
    this.#events = [];
    this.#event = event;
    this.#latest = reuseFloats(eventCount, this.#latest);
    this.#latestRow = reuseInts(eventCount, this.#latestRow);
    this.#other = reuseFloats(eventCount, this.#other);
    for (let market = 0; market < engaged.count; market += 1) this.#add(engaged, market, constants);
  }

  #add(engaged: EngagedMarkets, market: number, { windowDays, halfLifeDays }: ContinuityConstants): void {
    const event = engaged.event[market] as number;
    const days = engaged.days[market] as number;
    if (event < 0 || days > windowDays) return;
    const value = decayFactor(days, halfLifeDays);
    const latest = this.#latest[event] as number;
    if (value > latest) {
      if (latest === 0) this.#events.push(event);
      this.#other[event] = latest;
      this.#latest[event] = value;
      this.#latestRow[event] = engaged.row[market] as number;
    } else if (value > (this.#other[event] as number)) this.#other[event] = value;
  }

  fill(rows: Int32Array, values: Float64Array): void {
    const event = this.#event;
    const latest = this.#latest;
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] as number;
      const id = event[row] as number;
      if (id < 0) values[i] = 0;
      else values[i] = (this.#latestRow[id] === row ? this.#other[id] : latest[id]) as number;
    }
  }

  addBounds(columns: MarketColumns, weight: number, bounds: Float64Array): void {
    const { start, rows } = keyRows(columns.event, columns.eventCount);
    for (const id of this.#events) {
      const value = weight * (this.#latest[id] as number);
      const to = start[id + 1] as number;
      for (let at = start[id] as number; at < to; at += 1) {
        const row = rows[at] as number;
        bounds[row] = (bounds[row] as number) + value;
      }
    }
  }
}
