import type { MarketExposure, MarketMomentum } from '../domain/trends.js';
import { inSlices, type Work } from '../lib/event-loop.js';
import type { Logger } from '../lib/logger.js';
import {
  COMPUTATIONS,
  type Computation,
  type ComputationName,
} from '../storage/trends/computation-repository.js';
import type { Store } from '../storage/store.js';
import type { TrendingScope } from '../storage/trends/trending-repository.js';
import type { MarketColumns } from '../scoring/v2/features.js';
import type { TrendComputations } from './trend-computations.js';
import { NO_TRENDS, type TrendScores } from './trend-columns.js';
import { TrendState } from './trend-state.js';

type Stored = Pick<Store, 'trending' | 'momentum' | 'computations'>;

/** Trends in memory, as the scheduled jobs last computed and stored them. */
export class TrendService {
  #scores = NO_TRENDS;
  #loaded: ReadonlyMap<string, Computation> = new Map();
  #state = new TrendState(this.#scores, 0);

  constructor(
    private readonly deps: {
      store: Stored;
      computations: Pick<TrendComputations, ComputationName>;
      /** The columns of the open markets. */
      columns: () => MarketColumns;
      logger: Logger;
    },
  ) {}

  /** The trends as last loaded. */
  get state(): TrendState {
    return this.#state;
  }

  /**
   * Runs all computations and loads the results. For a computation that another process is running, it loads the previous
   * result.
   */
  async refresh(): Promise<void> {
    for (const name of COMPUTATIONS) await this.deps.computations[name]();
    await this.load();
  }

  /** Loads the results computed since the last load; one statement if there are none. */
  async load(): Promise<void> {
    const { store, logger } = this.deps;
    const latest = await store.computations.latest();
    let scores = this.#scores;
    const changed: string[] = [];
    for (const name of COMPUTATIONS) {
      const computation = latest.get(name);
      if (computation === undefined || computation.version === this.#loaded.get(name)?.version) continue;
      scores = { ...scores, ...(await read[name](store, computation.computedAt)) };
      changed.push(name);
    }
    if (changed.length === 0) return;
    const state = new TrendState(
      scores,
      Math.max(...[...latest.values()].map(({ computedAt }) => computedAt.getTime())),
    );
    await inSlices(state.prepareWork(this.deps.columns()));
    this.#scores = scores;
    this.#loaded = latest;
    this.#state = state;
    logger.debug({ changed, scopes: scores.scopes.size, markets: scores.momentum.size }, 'trends loaded');
  }
}

const read: Record<ComputationName, (store: Stored, computedAt: Date) => Promise<Partial<TrendScores>>> = {
  trends: async ({ trending }) => {
    const scopes = new Map<string, ReadonlyMap<string, number>>();
    for await (const { scope, pages } of trending.scopes())
      scopes.set(scope, await inSlices(scoresOf(pages)));
    return { scopes };
  },
  momentum: async ({ momentum }, computedAt) => {
    const markets = new Map<string, MarketMomentum>();
    const probabilities24hAgo = new Map<string, number>();
    for await (const page of momentum.all()) {
      for (const row of page) {
        markets.set(row.marketId, { ...row, computedAt });
        if (row.probability24hAgo !== null) probabilities24hAgo.set(row.marketId, row.probability24hAgo);
      }
    }
    return { momentum: markets, probabilities24hAgo };
  },
  attention: async ({ trending }) => {
    const exposure = new Map<string, MarketExposure>();
    for await (const page of trending.popularity()) for (const row of page) exposure.set(row.marketId, row);
    return { exposure };
  },
};

/** Divides the sums of a scope by the largest. */
function* scoresOf(pages: TrendingScope['pages']): Work<Map<string, number>> {
  let largest = 0;
  for (const { sums } of pages) for (const sum of sums) largest = Math.max(largest, sum);
  const scores = new Map<string, number>();
  for (const { marketIds, sums } of pages) {
    for (const [index, marketId] of marketIds.entries()) scores.set(marketId, (sums[index] ?? 0) / largest);
    yield;
  }
  return scores;
}
