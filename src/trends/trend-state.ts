import type { Work } from '../lib/in-slices.js';
import type { MarketColumns, TrendColumns } from '../scoring/v2/features.js';
import type { TrendLookup } from '../scoring/v1/inputs.js';
import type { MarketMomentum, TrendScores } from './trend-columns.js';
import { TrendColumnsOf, TrendsBySlot, type ExposureColumns } from './trends-by-slot.js';

export const GLOBAL_SCOPE = 'global';

export const localScope = (country: string): string => `local:${country}`;

/** What the crowd does, as last computed. It never changes: the next computation makes another one. */
export class TrendState {
  readonly #scores: TrendScores;
  readonly #columns = new WeakMap<MarketColumns, TrendColumnsOf>();
  readonly #bySlot = new WeakMap<MarketColumns['markets'], TrendsBySlot>();

  constructor(
    scores: TrendScores,
    /** When something of them was last computed; 0 for trends that never were. */
    readonly computedAtMs: number,
  ) {
    this.#scores = scores;
  }

  /** How markets trend for a caller in this country, one by one. */
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

  /** The same for all rows of a catalog at once. */
  columns(columns: MarketColumns, country: string | null): TrendColumns {
    return this.#of(columns).trends(GLOBAL_SCOPE, country === null ? null : localScope(country));
  }

  /**
   * The same for a few markets picked from a catalog or from elsewhere: how popular one is and how much it is rising
   * are set against the catalog, and 0 for a market that is not among its rows.
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

  /** Looks up the trends of a catalog's markets ahead of the first ranking. */
  prepareWork(columns: MarketColumns): Work<void> {
    return this.#slots(columns).prepareWork();
  }

  /** How often markets were shown and opened lately, for all rows of a catalog. */
  exposure(columns: MarketColumns): ExposureColumns {
    return this.#of(columns).exposure;
  }

  /** How a market moved lately; null for one that was not open then. */
  momentum(marketId: string): MarketMomentum | null {
    return this.#scores.momentum.get(marketId) ?? null;
  }

  /** The scope of a country if it has one, else the global scope: `global` or `local:<CC>`. */
  scopeFor(country: string | null): string {
    const local = country === null ? undefined : localScope(country);
    return local !== undefined && this.#scores.scopes.has(local) ? local : GLOBAL_SCOPE;
  }

  #of(columns: MarketColumns): TrendColumnsOf {
    let of = this.#columns.get(columns);
    if (of === undefined)
      this.#columns.set(columns, (of = new TrendColumnsOf(columns, this.#slots(columns))));
    return of;
  }

  #slots({ markets }: MarketColumns): TrendsBySlot {
    let slots = this.#bySlot.get(markets);
    if (slots === undefined) this.#bySlot.set(markets, (slots = new TrendsBySlot(this.#scores, markets)));
    return slots;
  }
}
