import type { Catalog } from '../catalog/catalog.js';
import type { Clock } from '../lib/clock.js';
import type { LoadedConfig } from '../config/live-config.js';
import { checkInput } from '../lib/input/check-input.js';
import type { MarketMomentum } from '../trends/trend-columns.js';
import type { TrendService } from '../trends/trend-service.js';
import type { RankingContext } from './candidate.js';
import { risingList, type RisingMarket } from './rising-list.js';
import { trendingList, trendingRequest, type Trending } from './trending-list.js';
import { contextV1 } from './v1-pipeline.js';

/** What the crowd does, the same for everyone in a country. */
export class CrowdService {
  constructor(
    private readonly deps: {
      catalog: Pick<Catalog, 'snapshot'>;
      trends: Pick<TrendService, 'state'>;
      config: () => Pick<LoadedConfig, 'config'>;
      clock: Clock;
    },
  ) {}

  /**
   * The strongest markets, highest first: in a country when its own trend is in use, else of everyone.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field.
   */
  trending(input: unknown): Trending {
    const { country = null, limit } = checkInput(trendingRequest, input);
    const { catalog, trends } = this.deps;
    return trendingList(trends.state, catalog.snapshot, this.#anyone(country), { country, limit });
  }

  /**
   * The markets whose odds move most, highest first; those that may be shown in a country.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field.
   */
  rising(input: unknown): RisingMarket[] {
    const { country = null, limit } = checkInput(trendingRequest, input);
    const { catalog, trends } = this.deps;
    return risingList(trends.state, catalog.snapshot, this.#anyone(country), limit);
  }

  /** How a market moved lately; null for one that was not open when that was last computed. */
  momentum(marketId: string): MarketMomentum | null {
    return this.deps.trends.state.momentum(marketId);
  }

  #anyone(country: string | null): RankingContext {
    const { clock, config, trends } = this.deps;
    return contextV1({
      ...{ nowMs: clock(), country, profile: null, personal: false },
      ...{ trends: trends.state, config: config().config },
    });
  }
}
