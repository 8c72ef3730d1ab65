import type { MarketExposure, MarketMomentum } from '../domain/trends.js';
import type { Work } from '../lib/event-loop.js';
import { popularityColumn } from '../scoring/shared/trending.js';
import { risingColumn, risingStrength } from '../scoring/shared/momentum.js';
import type { MarketColumns, TrendColumns } from '../scoring/v2/features.js';

/** Computed trends, by market id. */
export interface TrendScores {
  /** Trending scores, 0–1, by scope. */
  readonly scopes: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly probabilities24hAgo: ReadonlyMap<string, number>;
  /** Of the open markets. */
  readonly momentum: ReadonlyMap<string, MarketMomentum>;
  readonly exposure: ReadonlyMap<string, MarketExposure>;
}

export const NO_TRENDS: TrendScores = {
  scopes: new Map(),
  probabilities24hAgo: new Map(),
  momentum: new Map(),
  exposure: new Map(),
};

/** Impressions and clicks of each market within 7 days, by row. */
export interface ExposureColumns {
  readonly impressions: Float64Array;
  readonly clicks: Float64Array;
}

/**
 * The trends in the order of a catalog's rows, so that a ranking needs no look-up by id. Computed on first use, once for
 * each pair of trends and catalog, from the columns by slot.
 */
export class CatalogTrends {
  readonly #columns: MarketColumns;
  readonly #bySlot: TrendsBySlot;
  readonly #rising: Float64Array;
  readonly #popular: Float64Array;
  readonly #byScope = new Map<string, Float64Array>();
  readonly exposure: ExposureColumns;

  constructor(columns: MarketColumns, bySlot: TrendsBySlot) {
    this.#columns = columns;
    this.#bySlot = bySlot;
    this.#rising = bySlot.rising(columns);
    const { impressions, clicks, popular } = bySlot.exposure(columns);
    this.#popular = popular;
    this.exposure = { impressions, clicks };
  }

  /** 0–1, by row; NaN when unknown. */
  get probability24hAgo(): Float64Array {
    return this.#bySlot.probability24hAgo(this.#columns);
  }

  /** @param localScope the scope of the request's country; null if the country is unknown. */
  trends(globalScope: string, localScope: string | null): TrendColumns {
    return {
      global: this.#scope(globalScope),
      local: localScope !== null && this.#bySlot.hasScope(localScope) ? this.#scope(localScope) : null,
      rising: this.#rising,
      popular: this.#popular,
    };
  }

  #scope(scope: string): Float64Array {
    let scores = this.#byScope.get(scope);
    if (scores === undefined) {
      scores = this.#bySlot.scope(scope, this.#columns);
      this.#byScope.set(scope, scores);
    }
    return scores;
  }
}

/**
 * Trends by slot: the permanent index of a market in all versions of a catalog, whose rows change. So each id is looked up
 * once for each computation of the trends, and a new version of the catalog only copies columns.
 */
export class TrendsBySlot {
  readonly #byScope = new Map<string, SlotColumn>();
  readonly #probability24hAgo: SlotColumn;
  readonly #impressions: SlotColumn;
  readonly #clicks: SlotColumn;
  readonly #popularity: SlotColumn;
  #popular: { readonly popularity: Float64Array; readonly column: Float64Array } | undefined;
  /** By slot: the rising strength of a market, and the volume and probability from which it was computed. */
  #strength = new Float64Array(0);
  #volume24h = new Float64Array(0);
  #probability = new Float64Array(0);

  constructor(
    private readonly scores: TrendScores,
    private readonly markets: MarketColumns['markets'],
  ) {
    const { exposure, probabilities24hAgo } = scores;
    this.#probability24hAgo = new SlotColumn(markets, NaN, (id) => probabilities24hAgo.get(id));
    this.#impressions = new SlotColumn(markets, 0, (id) => exposure.get(id)?.impressions);
    this.#clicks = new SlotColumn(markets, 0, (id) => exposure.get(id)?.clicks);
    this.#popularity = new SlotColumn(markets, 0, (id) => exposure.get(id)?.popularity);
  }

  /** 0–1, by row; NaN when unknown. */
  probability24hAgo(columns: MarketColumns): Float64Array {
    return this.#probability24hAgo.byRow(columns);
  }

  hasScope(scope: string): boolean {
    return this.scores.scopes.has(scope);
  }

  /** 0–1, by row. */
  scope(scope: string, columns: MarketColumns): Float64Array {
    return this.#columnOf(scope).byRow(columns);
  }

  #columnOf(scope: string): SlotColumn {
    let column = this.#byScope.get(scope);
    if (column === undefined) {
      const scores = this.scores.scopes.get(scope);
      column = new SlotColumn(this.markets, 0, (id) => scores?.get(id));
      this.#byScope.set(scope, column);
    }
    return column;
  }

  exposure(columns: MarketColumns): Record<'impressions' | 'clicks' | 'popular', Float64Array> {
    const popularity = this.#popularity.byRow(columns);
    if (this.#popular?.popularity !== popularity) {
      this.#popular = { popularity, column: popularityColumn(popularity) };
    }
    return {
      impressions: this.#impressions.byRow(columns),
      clicks: this.#clicks.byRow(columns),
      popular: this.#popular.column,
    };
  }

  /** 0–1, by row. Recomputes the strength of a market only if its volume or probability changed. */
  rising({ size, slot, volume24h, probability }: MarketColumns): Float64Array {
    const before = this.#probability24hAgo.upTo(this.markets.size);
    this.#grow(before.length);
    const strengths = new Float64Array(size);
    for (let row = 0; row < size; row += 1) {
      const at = slot[row] as number;
      const volume = volume24h[row] as number;
      const now = probability[row] as number;
      if (!Object.is(this.#volume24h[at], volume) || !Object.is(this.#probability[at], now)) {
        this.#volume24h[at] = volume;
        this.#probability[at] = now;
        this.#strength[at] = risingStrength(volume, now, before[at] as number);
      }
      strengths[row] = this.#strength[at] as number;
    }
    return risingColumn(strengths);
  }

  /** Looks up all values before the first ranking needs them. */
  *prepareWork(): Work<void> {
    for (const column of [this.#probability24hAgo, this.#impressions, this.#clicks, this.#popularity]) {
      yield* column.fillWork();
    }
    for (const scope of this.scores.scopes.keys()) yield* this.#columnOf(scope).fillWork();
  }

  #grow(size: number): void {
    const from = this.#strength.length;
    if (from >= size) return;
    const extend = (values: Float64Array, initial: number): Float64Array<ArrayBuffer> => {
      const longer = new Float64Array(size).fill(initial, from);
      longer.set(values);
      return longer;
    };
    // The strength of an unknown volume and probability is 0.
    this.#strength = extend(this.#strength, 0);
    this.#volume24h = extend(this.#volume24h, NaN);
    this.#probability = extend(this.#probability, NaN);
  }
}

/** Slots between two points at which work may be interrupted. */
const FILL_BATCH = 1_024;

/** A value for each slot, looked up by market id when the slot is first used. */
class SlotColumn {
  #values = new Float64Array(0);
  #filled = 0;
  #latest: { readonly slot: Int32Array; readonly column: Float64Array } | undefined;

  constructor(
    private readonly markets: MarketColumns['markets'],
    private readonly unknown: number,
    private readonly valueOf: (marketId: string) => number | undefined,
  ) {}

  /** Returns at least `size` values; looks up those of slots added since the last call. */
  upTo(size: number): Float64Array {
    if (this.#values.length < size) {
      const longer = new Float64Array(size + (size >> 4) + 64);
      longer.set(this.#values);
      this.#values = longer;
    }
    for (; this.#filled < size; this.#filled += 1) {
      const value = this.valueOf(this.markets.keyOf(this.#filled));
      this.#values[this.#filled] = value ?? this.unknown;
    }
    return this.#values;
  }

  *fillWork(): Work<void> {
    while (this.#filled < this.markets.size) {
      this.upTo(Math.min(this.#filled + FILL_BATCH, this.markets.size));
      yield;
    }
  }

  /** Returns the values in row order; the same array while the rows have the same slots, as after a change of prices. */
  byRow({ size, slot }: MarketColumns): Float64Array {
    if (this.#latest?.slot === slot) return this.#latest.column;
    const values = this.upTo(this.markets.size);
    const column = new Float64Array(size);
    for (let row = 0; row < size; row += 1) column[row] = values[slot[row] as number] as number;
    this.#latest = { slot, column };
    return column;
  }
}
