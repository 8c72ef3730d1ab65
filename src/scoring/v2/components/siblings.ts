import type { MarketColumns } from '../features.js';
import { reuseFloats } from '../reusable-arrays.js';
import type { EngagedMarkets } from './engaged-markets.js';

/** Exceeds the rounding error of one multiplication and one division. */
const ROUNDING_MARGIN = 1 + 1e-12;

/** Rows of neighboring creation ranks that share a bound. A power of 2. */
const BUCKET_RANKS = 16;

export interface SiblingConstants {
  /** Older engagements do not count. */
  readonly windowDays: number;
  /** Number of latest markets whose siblings count. */
  readonly markets: number;
  /** Distance in creation rank at which a sibling counts half. */
  readonly distance: number;
  /** The least distance of markets that were created at the same instant. */
  readonly leastTie: number;
  /** The value at distance 0, by days since the engagement and number of later engagements. */
  readonly strength: (days: number, later: number) => number;
}

/**
 * Closeness in creation order to the latest engaged markets: the largest `strength / (1 + |Δ| / distance)`, where Δ is the
 * distance in creation rank. The market itself does not count.
 *
 * Valid until the next `load`, which reuses the memory.
 */
export class Siblings {
  #creationRank: Float64Array = new Float64Array(0);
  #creationSpread: Float64Array = new Float64Array(0);
  /** By engaged market: its row, its rank, and its value at distance 0 times `siblingDistance`. */
  #rows: number[] = [];
  #ranks: number[] = [];
  #scaled: number[] = [];
  #bounds = new Float64Array(0);

  constructor(private readonly constants: SiblingConstants) {}

  load({ creationRank, creationSpread }: MarketColumns, engaged: EngagedMarkets): void {
    const { windowDays, strength, distance } = this.constants;
    this.#creationRank = creationRank;
    this.#creationSpread = creationSpread;
    this.#rows = [];
    this.#ranks = [];
    this.#scaled = [];
    const markets = Math.min(engaged.count, this.constants.markets);
    for (let market = 0; market < markets; market += 1) {
      const days = engaged.days[market] as number;
      if (days > windowDays) continue;
      this.#rows.push(engaged.row[market] as number);
      this.#ranks.push(engaged.creationRank[market] as number);
      this.#scaled.push(strength(days, market) * distance);
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
    const { distance: half, leastTie } = this.constants;
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] as number;
      // Markets created at the same instant, as by one import, are no series: their expected distance applies.
      const distance =
        Math.abs((ranks[row] as number) - ownRank) || Math.max(leastTie, spreads[row] as number);
      const sum = half + distance;
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
        const sibling = (this.#scaled[market] as number) / (this.constants.distance + distance);
        if (sibling > largest) largest = sibling;
      }
      bounds[bucket] = weight * largest;
    }
    return bounds;
  }
}
