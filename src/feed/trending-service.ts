import type { Catalog } from '../catalog/catalog.js';
import type { LoadedConfig } from '../config/live-config.js';
import type { Market } from '../domain/market.js';
import type { Clock } from '../lib/clock.js';
import { checkInput } from '../lib/input/check-input.js';
import type { TrendService } from '../trends/trend-service.js';
import { FilterPass } from './filters/filter.js';
import { LIST_FILTERS } from './pipeline.js';
import { listRequest } from './requests.js';
import { bestRows } from './selectors/best-rows.js';
import type { MarketMomentum } from '../domain/trends.js';

/** Users whose activity a trend counts: all, or those in one country. */
export const TREND_SCOPES = ['GLOBAL', 'LOCAL'] as const;

type TrendScope = (typeof TREND_SCOPES)[number];

export interface TrendingMarket {
  /** From 1. */
  readonly rank: number;
  readonly market: Market;
  /** 0–1. */
  readonly score: number;
}

/** The trending markets of a scope. */
export interface Trending {
  /** Whether the scores count the users of the country only. */
  readonly scope: TrendScope;
  /** Of the request; null when unknown. */
  readonly country: string | null;
  /** Highest score first. */
  readonly markets: readonly TrendingMarket[];
}

/** The rising markets that are allowed in a country. */
export interface Rising {
  /** Of the request; null when unknown. */
  readonly country: string | null;
  /** Highest score first. */
  readonly markets: readonly TrendingMarket[];
}

/** Trending, rising and momentum, which are the same for all users of a country. */
export class TrendingService {
  readonly #filters = new FilterPass();

  constructor(
    private readonly deps: {
      catalog: Pick<Catalog, 'snapshot'>;
      trends: Pick<TrendService, 'state'>;
      config: () => Pick<LoadedConfig, 'config'>;
      clock: Clock;
    },
  ) {}

  /**
   * Returns the trending markets of a country if its own trend is in use, else the global ones.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field.
   */
  trending(input: unknown): Trending {
    const { country = null, limit } = checkInput(listRequest, input);
    const { state } = this.deps.trends;
    const { global, local } = state.columns(this.deps.catalog.snapshot.columns, country);
    const scope = local === null ? 'GLOBAL' : 'LOCAL';
    return { scope, country, markets: this.#best(local ?? global, country, limit) };
  }

  /**
   * Returns the markets whose odds move most, highest score first, without those blocked in the country.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field.
   */
  rising(input: unknown): Rising {
    const { country = null, limit } = checkInput(listRequest, input);
    const { rising } = this.deps.trends.state.columns(this.deps.catalog.snapshot.columns, null);
    return { country, markets: this.#best(rising, country, limit) };
  }

  /** Returns the momentum of a market; null for a market that was not open when it was last computed. */
  momentum(marketId: string): MarketMomentum | null {
    return this.deps.trends.state.momentum(marketId);
  }

  /** The markets with the highest scores above 0 that can be shown now: a market may have closed since the last job. */
  #best(scores: Float64Array, country: string | null, limit: number): TrendingMarket[] {
    const { catalog, config, clock } = this.deps;
    const { snapshot } = catalog;
    const { entries, columns } = snapshot;
    const { rows: eligible } = this.#filters.run(LIST_FILTERS, {
      ...{ snapshot, country, nowMs: clock(), config: config().config, profile: null, user: null },
    });
    const order = { key: scores, volumeTotal: columns.volumeTotal };
    const rows = bestRows(eligible, limit, order, { above: 0, wanted: null });
    return [...rows].flatMap((row, index) => {
      const entry = entries[row];
      return entry === undefined
        ? []
        : [{ rank: index + 1, market: entry.market, score: scores[row] as number }];
    });
  }
}
