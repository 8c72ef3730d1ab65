import { inSlices, type Work } from '../lib/in-slices.js';
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
import { NO_TRENDS, type Attention, type MarketMomentum, type TrendScores } from './trend-columns.js';
import { TrendState } from './trend-state.js';

type Stored = Pick<Store, 'trending' | 'momentum' | 'computations'>;

/** Trends: computed on a schedule by whoever runs the jobs, read from memory at request time. */
export class TrendService {
  #scores = NO_TRENDS;
  #made: ReadonlyMap<string, Computation> = new Map();
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

  /** The trends as last taken into memory. */
  get state(): TrendState {
    return this.#state;
  }

  /**
   * Computes everything anew and takes it into memory. What another process computes at this moment is taken as it
   * was before.
   */
  async refresh(): Promise<void> {
    for (const name of COMPUTATIONS) await this.deps.computations[name]();
    await this.load();
  }

  /** Takes into memory what was computed since it was last taken; one statement when that is nothing. */
  async load(): Promise<void> {
    const { store, logger } = this.deps;
    const made = await store.computations.latest();
    let scores = this.#scores;
    const changed: string[] = [];
    for (const name of COMPUTATIONS) {
      const computation = made.get(name);
      if (computation === undefined || computation.version === this.#made.get(name)?.version) continue;
      scores = { ...scores, ...(await read[name](store, computation.computedAt)) };
      changed.push(name);
    }
    if (changed.length === 0) return;
    const state = new TrendState(
      scores,
      Math.max(...[...made.values()].map(({ computedAt }) => computedAt.getTime())),
    );
    await inSlices(state.prepareWork(this.deps.columns()));
    this.#scores = scores;
    this.#made = made;
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
    const attention = new Map<string, Attention>();
    for await (const page of trending.popularity()) for (const row of page) attention.set(row.marketId, row);
    return { attention };
  },
};

/** The sums of a scope divided by the largest. */
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
