import type { MarketMomentum } from '../domain/trends.js';
import type { Work } from '../lib/event-loop.js';
import type { MarketColumns, TrendColumns } from '../scoring/v2/features.js';
import type { TrendLookup } from '../scoring/v1/inputs.js';
import { CatalogTrends, TrendsBySlot, type ExposureColumns, type TrendScores } from './trend-columns.js';

export const GLOBAL_SCOPE = 'global';

export const localScope = (country: string): string => `local:${country}`;

/** Trends as last computed. Immutable: each computation results in a new state. */
export class TrendState {
  readonly #scores: TrendScores;
  readonly #columns = new WeakMap<MarketColumns, CatalogTrends>();
  readonly #bySlot = new WeakMap<MarketColumns['markets'], TrendsBySlot>();

  constructor(
    scores: TrendScores,
    /** Time of the latest computation; 0 before the first one. */
    readonly computedAtMs: number,
  ) {
    this.#scores = scores;
  }

  /** Returns the trends of single markets for a request from a country. */
  reader(country: string | null): TrendLookup {
    const { scopes, probabilities24hAgo } = this.#scores;
    const global = scopes.get(GLOBAL_SCOPE);
    const local = country === null ? undefined : scopes.get(localScope(country));
    return {
      trendingGlobal: (marketId) => global?.get(marketId) ?? 0,
      trendingLocal: local === undefined ? () => null : (marketId) => local.get(marketId) ?? 0,
      probability24hAgo: (marketId) => probabilities24hAgo.get(marketId) ?? null,
    };
  }

  /** Returns the same for all rows of a catalog. */
  columns(columns: MarketColumns, country: string | null): TrendColumns {
    return this.#of(columns).trends(GLOBAL_SCOPE, country === null ? null : localScope(country));
  }

  /**
   * Returns the same for a few markets. Popularity and rising scores are relative to the whole catalog, so they are read
   * from its rows; 0 for a market that the catalog does not have.
   */
  buildSubsetColumns(some: MarketColumns, catalog: MarketColumns, country: string | null): TrendColumns {
    const { rising, popular } = this.columns(catalog, country);
    const picked = (column: Float64Array): Float64Array =>
      Float64Array.from(some.ids, (id) => {
        const row = catalog.rowOf(id);
        return row === undefined ? 0 : (column[row] as number);
      });
    return { ...this.columns(some, country), rising: picked(rising), popular: picked(popular) };
  }

  /** Looks up the trends of a catalog's markets before the first ranking needs them. */
  prepareWork(columns: MarketColumns): Work<void> {
    return this.#slots(columns).prepareWork();
  }

  /** Returns the probabilities of 24 hours ago for all rows of a catalog; NaN when unknown. */
  probabilities24hAgo(columns: MarketColumns): Float64Array {
    return this.#of(columns).probability24hAgo;
  }

  /** Returns impressions and clicks within 7 days for all rows of a catalog. */
  exposure(columns: MarketColumns): ExposureColumns {
    return this.#of(columns).exposure;
  }

  /** Returns the momentum of a market; null if the last computation did not find it open. */
  momentum(marketId: string): MarketMomentum | null {
    return this.#scores.momentum.get(marketId) ?? null;
  }

  /** Returns the scope of a country if it is in use, else the global scope: `local:<CC>` or `global`. */
  scopeFor(country: string | null): string {
    const local = country === null ? undefined : localScope(country);
    return local !== undefined && this.#scores.scopes.has(local) ? local : GLOBAL_SCOPE;
  }

  #of(columns: MarketColumns): CatalogTrends {
    let of = this.#columns.get(columns);
    if (of === undefined) this.#columns.set(columns, (of = new CatalogTrends(columns, this.#slots(columns))));
    return of;
  }

  #slots({ markets }: MarketColumns): TrendsBySlot {
    let slots = this.#bySlot.get(markets);
    if (slots === undefined) this.#bySlot.set(markets, (slots = new TrendsBySlot(this.#scores, markets)));
    return slots;
  }
}
