import type { Work } from '../lib/in-slices.js';
import { popularityColumn } from '../scoring/shared/trending.js';
import { risingColumn, risingStrength } from '../scoring/shared/momentum.js';
import type { MarketColumns, TrendColumns } from '../scoring/v2/features.js';
import type { TrendScores } from './trend-columns.js';

/** How often each market was shown and opened lately, by row. */
export interface ExposureColumns {
  readonly impressions: Float64Array;
  readonly clicks: Float64Array;
}

/**
 * The trends in the order of a catalog's rows, so that a ranking looks nothing up by id: computed when first asked for,
 * once for each pair of trends and catalog, from the columns by slot.
 */
export class TrendColumnsOf {
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
    const { impressions, clicks, popular } = bySlot.attention(columns);
    this.#popular = popular;
    this.exposure = { impressions, clicks };
  }

  /** @param localScope the caller's country's scope; null when no country is known. */
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
 * Trends by the slots of a catalog's markets, which stay the same while its rows come and go: each id is looked up once
 * for each computation of the trends, and another version of the catalog costs copies of columns.
 */
export class TrendsBySlot {
  readonly #byScope = new Map<string, SlotColumn>();
  readonly #probability24hAgo: SlotColumn;
  readonly #impressions: SlotColumn;
  readonly #clicks: SlotColumn;
  readonly #popularity: SlotColumn;
  #popular: { readonly people: Float64Array; readonly column: Float64Array } | undefined;
  /** By slot: how much a market is on the move, and the volume and probability that this was computed from. */
  #strength = new Float64Array(0);
  #volume24h = new Float64Array(0);
  #probability = new Float64Array(0);

  constructor(
    private readonly scores: TrendScores,
    private readonly markets: MarketColumns['markets'],
  ) {
    const { attention, probabilities24hAgo } = scores;
    this.#probability24hAgo = new SlotColumn(markets, NaN, (id) => probabilities24hAgo.get(id));
    this.#impressions = new SlotColumn(markets, 0, (id) => attention.get(id)?.impressions);
    this.#clicks = new SlotColumn(markets, 0, (id) => attention.get(id)?.clicks);
    this.#popularity = new SlotColumn(markets, 0, (id) => attention.get(id)?.popularity);
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

  attention(columns: MarketColumns): Record<'impressions' | 'clicks' | 'popular', Float64Array> {
    const people = this.#popularity.byRow(columns);
    if (this.#popular?.people !== people) this.#popular = { people, column: popularityColumn(people) };
    return {
      impressions: this.#impressions.byRow(columns),
      clicks: this.#clicks.byRow(columns),
      popular: this.#popular.column,
    };
  }

  /** 0–1, by row; a market's strength is computed again only when its volume or probability changed. */
  rising({ size, slot, volume24h, probability }: MarketColumns): Float64Array {
    const then = this.#probability24hAgo.upTo(this.markets.size);
    this.#makeRoom(then.length);
    const strengths = new Float64Array(size);
    for (let row = 0; row < size; row += 1) {
      const at = slot[row] as number;
      const volume = volume24h[row] as number;
      const now = probability[row] as number;
      if (this.#volume24h[at] !== volume || !Object.is(this.#probability[at], now)) {
        this.#volume24h[at] = volume;
        this.#probability[at] = now;
        this.#strength[at] = risingStrength(volume, now, then[at] as number);
      }
      strengths[row] = this.#strength[at] as number;
    }
    return risingColumn(strengths);
  }

  /** Looks up whatever depends on no request, so that the first ranking does not have to. */
  *prepareWork(): Work<void> {
    for (const column of [this.#probability24hAgo, this.#impressions, this.#clicks, this.#popularity]) {
      yield* column.fillWork();
    }
    for (const scope of this.scores.scopes.keys()) yield* this.#columnOf(scope).fillWork();
  }

  #makeRoom(size: number): void {
    const from = this.#strength.length;
    if (from >= size) return;
    const grown = (values: Float64Array): Float64Array<ArrayBuffer> => {
      const longer = new Float64Array(size).fill(NaN, from);
      longer.set(values);
      return longer;
    };
    this.#strength = grown(this.#strength);
    this.#volume24h = grown(this.#volume24h);
    this.#probability = grown(this.#probability);
  }
}

const FILLED_AT_ONCE = 1_024;

/** A value for each slot, looked up by the market's id when the slot is first used. */
class SlotColumn {
  #values = new Float64Array(0);
  #filled = 0;
  #latest: { readonly slot: Int32Array; readonly column: Float64Array } | undefined;

  constructor(
    private readonly markets: MarketColumns['markets'],
    private readonly unknown: number,
    private readonly valueOf: (marketId: string) => number | undefined,
  ) {}

  /** At least `size` values; those of slots added since the last call are looked up now. */
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
      this.upTo(Math.min(this.#filled + FILLED_AT_ONCE, this.markets.size));
      yield;
    }
  }

  /** The same column for the same rows, such as after a change of prices alone. */
  byRow({ size, slot }: MarketColumns): Float64Array {
    if (this.#latest?.slot === slot) return this.#latest.column;
    const values = this.upTo(this.markets.size);
    const column = new Float64Array(size);
    for (let row = 0; row < size; row += 1) column[row] = values[slot[row] as number] as number;
    this.#latest = { slot, column };
    return column;
  }
}
