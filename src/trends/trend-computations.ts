import type { Clock } from '../lib/clock.js';
import type { RankingConfig } from '../config/ranking-schema.js';
import type { ComputationName } from '../storage/trends/computation-repository.js';
import type { RollupSettings } from '../storage/trends/rollup-repository.js';
import type { Store, Transaction } from '../storage/store.js';
import { rollupSettings, STEP_LIMITS, stepTowards, type RollupGoal, type StepLimits } from './rollups.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How a computation ended. */
export type ComputationResult =
  /** The results were stored: `count` scopes or markets. */
  | { readonly state: 'computed'; readonly count: number }
  /** Its time ended while a roll-up was being built. The stored results stay; the next run goes on. */
  | {
      readonly state: 'building';
      /** The share of the window that is counted; null while a backlog of new events is counted. */
      readonly share: number | null;
    }
  /** Another process makes the same computation. */
  | { readonly state: 'busy' };

/** Bounds of a computation. */
export interface ComputationRun {
  readonly signal?: AbortSignal;
  /** Time for building roll-ups, in milliseconds; a last step may exceed it by about a second. Default: no limit. */
  readonly budgetMs?: number;
}

type Sources = Pick<Transaction, 'trending' | 'momentum' | 'rollups'>;

interface Computing {
  readonly now: Date;
  readonly config: RankingConfig['trending'];
  readonly settings: RollupSettings;
}

/**
 * Computes trends, momentum, and exposure with popularity from the roll-ups, after it brought those up to date. The work is
 * in steps, each one transaction; the last one stores the results. A run that ends early loses nothing.
 */
export class TrendComputations {
  constructor(
    private readonly deps: {
      store: Pick<Store, 'transaction'>;
      config: () => RankingConfig['trending'];
      clock: Clock;
      /** Default: {@link STEP_LIMITS}. */
      limits?: StepLimits;
    },
  ) {}

  /** How strongly each market trends in each scope. Counts scopes. */
  trends(run: ComputationRun = {}): Promise<ComputationResult> {
    const goals = ({ windowHours }: RankingConfig['trending']): RollupGoal[] => [
      { name: 'trends', windowMs: windowHours * HOUR_MS, includesEdge: true },
    ];
    return this.#compute('trends', run, goals, ({ trending }, { now, settings, config }) =>
      trending.replaceSums(now, settings.trends, config.minLocalUsers),
    );
  }

  /** How each market moved within a day. Counts markets. */
  momentum(run: ComputationRun = {}): Promise<ComputationResult> {
    const goals = (): RollupGoal[] => [
      { name: 'activity:5', windowMs: 5 * MINUTE_MS, includesEdge: false },
      { name: 'activity:60', windowMs: HOUR_MS, includesEdge: false },
      { name: 'activity:1440', windowMs: DAY_MS, includesEdge: false },
    ];
    return this.#compute('momentum', run, goals, ({ momentum }, { now }) => momentum.replaceAll(now));
  }

  /** How often each market was shown and opened within a week, and its popularity. Counts markets. */
  attention(run: ComputationRun = {}): Promise<ComputationResult> {
    const goals = ({ popularity }: RankingConfig['trending']): RollupGoal[] => [
      { name: 'popularity', windowMs: popularity.windowDays * DAY_MS, includesEdge: true },
      // A market that was not shown for as long counts as new again.
      { name: 'activity:10080', windowMs: 7 * DAY_MS, includesEdge: true },
    ];
    return this.#compute('attention', run, goals, async ({ trending, rollups }, { now, settings }) => {
      await rollups.removeEmpty();
      return trending.replacePopularity(now, settings.popularity);
    });
  }

  async #compute(
    name: ComputationName,
    { signal, budgetMs = Infinity }: ComputationRun,
    goalsOf: (config: RankingConfig['trending']) => readonly RollupGoal[],
    work: (sources: Sources, computing: Computing) => Promise<number>,
  ): Promise<ComputationResult> {
    const untilMs = performance.now() + budgetMs;
    for (;;) {
      signal?.throwIfAborted();
      const result = await this.#step(name, goalsOf, work);
      if (result.state !== 'building' || performance.now() >= untilMs) return result;
    }
  }

  /** One transaction, as of the time at which it begins. */
  #step(
    name: ComputationName,
    goalsOf: (config: RankingConfig['trending']) => readonly RollupGoal[],
    work: (sources: Sources, computing: Computing) => Promise<number>,
  ): Promise<ComputationResult> {
    return this.deps.store.transaction(async (transaction) => {
      const { computations, rollups } = transaction;
      const { limits = STEP_LIMITS } = this.deps;
      if (!(await computations.tryLock(name))) return { state: 'busy' };
      await rollups.begin();
      const config = this.deps.config();
      const computing = { now: new Date(this.deps.clock()), config, settings: rollupSettings(config) };
      const coverage = await rollups.coverage(computing.settings);
      const discarded = await rollups.discard(coverage, { ...computing, limit: limits.discard });
      if (discarded === limits.discard) return { state: 'building', share: null };
      const folded = await rollups.fold(coverage, { ...computing, limit: limits.fold });
      if (folded === limits.fold) return { state: 'building', share: null };
      for (const goal of goalsOf(config)) {
        const share = await stepTowards(goal, coverage.get(goal.name) ?? null, rollups, {
          ...computing,
          limits,
        });
        if (share < 1) return { state: 'building', share };
      }
      const count = await work(transaction, computing);
      await computations.recordRun(name, computing.now);
      return { state: 'computed', count };
    });
  }
}
