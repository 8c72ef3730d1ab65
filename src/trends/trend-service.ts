import { inSlices } from '../lib/in-slices.js';
import type { Logger } from '../observability/logger.js';
import {
  COMPUTATIONS,
  type Computation,
  type ComputationName,
} from '../repositories/computation-repository.js';
import type { Store } from '../repositories/store.js';
import type { MarketColumns } from '../scoring/v2/market-columns.js';
import type { TrendComputations } from './trend-computations.js';
import { NO_TRENDS, type TrendScores } from './trend-columns.js';
import { TrendState } from './trend-state.js';

type Stored = Pick<Store, 'trending' | 'momentum' | 'computations'>;

/** Trends: computed on a schedule by whoever runs the jobs, read from memory at request time. */
export class TrendService {
  #scores = NO_TRENDS;
  #made: ReadonlyMap<string, Computation> = new Map();
  #state = new TrendState(this.#scores, 0);

  constructor(
    private readonly parts: {
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
    for (const name of COMPUTATIONS) await this.parts.computations[name]();
    await this.load();
  }

  /** Takes into memory what was computed since it was last taken; one statement when that is nothing. */
  async load(): Promise<void> {
    const { store, logger } = this.parts;
    const made = await store.computations.lastMade();
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
    await inSlices(state.prepareWork(this.parts.columns()));
    this.#scores = scores;
    this.#made = made;
    this.#state = state;
    logger.debug({ changed, scopes: scores.scopes.size, markets: scores.momentum.size }, 'trends loaded');
  }
}

const read: Record<ComputationName, (store: Stored, computedAt: Date) => Promise<Partial<TrendScores>>> = {
  trends: async ({ trending }) => ({
    scopes: new Map(
      (await trending.scopes()).map(({ scope, marketIds, scores }) => [
        scope,
        new Map(marketIds.map((marketId, place) => [marketId, scores[place] ?? 0])),
      ]),
    ),
  }),
  momentum: async ({ momentum }, computedAt) => {
    const rows = await momentum.all();
    return {
      momentum: new Map(rows.map((row) => [row.marketId, { ...row, computedAt }])),
      probabilities24hAgo: new Map(
        rows.flatMap(({ marketId, probability24hAgo }) =>
          probability24hAgo === null ? [] : [[marketId, probability24hAgo] as const],
        ),
      ),
    };
  },
  attention: async ({ trending }) => ({
    attention: new Map((await trending.attention()).map((row) => [row.marketId, row])),
  }),
};
