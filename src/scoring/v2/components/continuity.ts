import type { LoadValues } from '../component.js';
import type { ContinuityConstants } from '../constants.js';
import type { MarketColumns } from '../features.js';
import { eventRows } from '../event-rows.js';
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
export function continuityValues(constants: ContinuityConstants): LoadValues {
  const sameEvent = new SameEvent();
  const siblings = new Siblings();
  return ({ columns, engaged }) => {
    sameEvent.load(columns, engaged, constants);
    siblings.load(columns, engaged, constants);
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
    const { start, rows } = eventRows(columns);
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

/** Exceeds the rounding error of one multiplication and one division. */
const ROUNDING_MARGIN = 1 + 1e-12;

/** Rows of neighboring creation ranks that share a bound. A power of 2. */
const BUCKET_RANKS = 16;

/** The second of the two values: the largest over the engaged markets. */
class Siblings {
  #creationRank: Float64Array = new Float64Array(0);
  #creationSpread: Float64Array = new Float64Array(0);
  /** By engaged market: its row, its rank, and its value at distance 0 times `siblingDistance`. */
  #rows: number[] = [];
  #ranks: number[] = [];
  #scaled: number[] = [];
  #siblingDistance = 0;
  #bounds = new Float64Array(0);

  load(
    { creationRank, creationSpread }: MarketColumns,
    engaged: EngagedMarkets,
    constants: ContinuityConstants,
  ): void {
    this.#creationRank = creationRank;
    this.#creationSpread = creationSpread;
    this.#siblingDistance = constants.siblingDistance;
    this.#rows = [];
    this.#ranks = [];
    this.#scaled = [];
    const markets = Math.min(engaged.count, constants.siblingsOf);
    for (let market = 0; market < markets; market += 1) {
      const days = engaged.days[market] as number;
      if (days > constants.windowDays) continue;
      const strength =
        constants.sibling *
        decayFactor(days, constants.halfLifeDays) *
        decayFactor(market, constants.siblingMarkets);
      this.#rows.push(engaged.row[market] as number);
      this.#ranks.push(engaged.creationRank[market] as number);
      this.#scaled.push(strength * constants.siblingDistance);
    }
  }

  /** Raises the value of each of the rows to its value as a sibling. */
  raise(rows: Int32Array, values: Float64Array): void {
    for (let market = 0; market < this.#rows.length; market += 1)
      this.#raiseToMarket(
        rows,
        values,
        this.#rows[market] as number,
        this.#ranks[market] as number,
        this.#scaled[market] as number,
      );
  }

  #raiseToMarket(
    rows: Int32Array,
    values: Float64Array,
    ownRow: number,
    ownRank: number,
    scaled: number,
  ): void {
    const ranks = this.#creationRank;
    const spreads = this.#creationSpread;
    const siblingDistance = this.#siblingDistance;
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] as number;
      // Markets created at the same instant, as by one import, are no series: their expected distance applies.
      const distance = Math.abs((ranks[row] as number) - ownRank) || (spreads[row] as number);
      const sum = siblingDistance + distance;
      // Most rows already have a larger value. This test needs no division.
      if ((values[i] as number) * sum > scaled * ROUNDING_MARGIN || row === ownRow) continue;
      const value = scaled / sum;
      if (value > (values[i] as number)) values[i] = value;
    }
  }

  addBounds(weight: number, bounds: Float64Array): void {
    const ranks = this.#creationRank;
    const ofBuckets = this.#boundsOfBuckets(weight);
    const last = ofBuckets.length - 1;
    for (let row = 0; row < ranks.length; row += 1) {
      const bucket = Math.min(last, ((ranks[row] as number) / BUCKET_RANKS) | 0);
      bounds[row] = (bounds[row] as number) + (ofBuckets[bucket] as number);
    }
  }

  /** By bucket of creation ranks, the weighted value at the rank that is nearest to each engaged market. */
  #boundsOfBuckets(weight: number): Float64Array {
    const count = Math.floor(this.#creationRank.length / BUCKET_RANKS) + 1;
    const bounds = (this.#bounds = reuseFloats(count, this.#bounds));
    for (let bucket = 0; bucket < count; bucket += 1) {
      const from = bucket * BUCKET_RANKS;
      let largest = 0;
      for (let market = 0; market < this.#ranks.length; market += 1) {
        const rank = this.#ranks[market] as number;
        const distance = Math.max(0, from - rank, rank - (from + BUCKET_RANKS));
        const sibling = (this.#scaled[market] as number) / (this.#siblingDistance + distance);
        if (sibling > largest) largest = sibling;
      }
      bounds[bucket] = weight * largest;
    }
    return bounds;
  }
}
