import { popularColumn } from '../scoring/popular.js';
import { risingColumn } from '../scoring/rising.js';
import type { StoredMomentum } from '../repositories/momentum-repository.js';
import type { MarketColumns, TrendColumns } from '../scoring/v2/market-columns.js';

const itself = (value: number): number => value;

/** What the crowd does, by market. */
export interface TrendScores {
  /** Scores 0–1 by market, of each scope in use. */
  readonly scopes: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly probabilities24hAgo: ReadonlyMap<string, number>;
  /** How each open market moved lately. */
  readonly momentum: ReadonlyMap<string, MarketMomentum>;
  /** How much the crowd has had to do with each market lately. */
  readonly attention: ReadonlyMap<string, Attention>;
}

/** How a market moved lately. */
export interface MarketMomentum extends StoredMomentum {
  readonly computedAt: Date;
}

export const NO_TRENDS: TrendScores = {
  scopes: new Map(),
  probabilities24hAgo: new Map(),
  momentum: new Map(),
  attention: new Map(),
};

export interface Attention {
  /** Times it was shown, and times it was opened. */
  readonly impressions: number;
  readonly clicks: number;
  /** The crowd's decayed weights, 0 and up. */
  readonly popularity: number;
}

/** How often each market was shown and opened lately, by row. */
export interface ExposureColumns {
  readonly impressions: Float64Array;
  readonly clicks: Float64Array;
}

/**
 * The trends put in the order of a catalogue's rows, so that a ranking looks nothing up by id: worked out when first
 * asked for, once for each pair of trends and catalogue.
 */
export class TrendColumnsOf {
  readonly #columns: MarketColumns;
  readonly #scores: TrendScores;
  readonly #rising: Float64Array;
  readonly #popular: Float64Array;
  readonly #byScope = new Map<string, Float64Array>();
  readonly exposure: ExposureColumns;

  constructor(columns: MarketColumns, scores: TrendScores) {
    this.#columns = columns;
    this.#scores = scores;
    this.#rising = risingColumn(
      columns.volume24h,
      columns.probability,
      byRow(columns, NaN, scores.probabilities24hAgo, itself),
    );
    const { attention } = scores;
    this.#popular = popularColumn(byRow(columns, 0, attention, ({ popularity }) => popularity));
    this.exposure = {
      impressions: byRow(columns, 0, attention, ({ impressions }) => impressions),
      clicks: byRow(columns, 0, attention, ({ clicks }) => clicks),
    };
  }

  /** @param localScope the caller's country's scope; null when no country is known. */
  trends(globalScope: string, localScope: string | null): TrendColumns {
    return {
      global: this.#scope(globalScope),
      local: localScope !== null && this.#scores.scopes.has(localScope) ? this.#scope(localScope) : null,
      rising: this.#rising,
      popular: this.#popular,
    };
  }

  #scope(scope: string): Float64Array {
    let scores = this.#byScope.get(scope);
    if (scores === undefined) {
      scores = byRow(this.#columns, 0, this.#scores.scopes.get(scope) ?? new Map<string, number>(), itself);
      this.#byScope.set(scope, scores);
    }
    return scores;
  }
}

function byRow<Value>(
  columns: MarketColumns,
  unknown: number,
  values: ReadonlyMap<string, Value>,
  numberOf: (value: Value) => number,
): Float64Array {
  const column = new Float64Array(columns.size).fill(unknown);
  for (const [marketId, value] of values) {
    const row = columns.rowOf(marketId);
    if (row !== undefined) column[row] = numberOf(value);
  }
  return column;
}
