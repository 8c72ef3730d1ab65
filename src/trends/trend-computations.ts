import type { Clock } from '../lib/clock.js';
import type { RankingConfig } from '../config/schema/ranking-schema.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../lib/time.js';
import type { ComputationName } from '../storage/trends/computation-repository.js';
import type {
  CoveredFrom,
  RollupName,
  RollupRepository,
  RollupSettings,
} from '../storage/trends/rollup-repository.js';
import type { Store, Transaction } from '../storage/store.js';

/** Result of a computation. */
export type ComputationResult =
  /** The results were stored: `count` scopes or markets. */
  | { readonly state: 'computed'; readonly count: number }
  /** The time limit was reached while a roll-up was being built. The stored results stay, and the next run continues. */
  | {
      readonly state: 'building';
      /** Share of the window that is counted; null while a backlog of new events is counted. */
      readonly share: number | null;
    }
  /** Another process runs the same computation. */
  | { readonly state: 'busy' };

/** Bounds of a computation. */
export interface ComputationRun {
  readonly signal?: AbortSignal;
  /** Time limit in milliseconds; the last step may exceed it by about a second. Default: no limit. */
  readonly budgetMs?: number;
}

type Sources = Pick<Transaction, 'trending' | 'momentum' | 'rollups'>;

/** Inputs of one step. */
interface StepContext {
  readonly now: Date;
  readonly config: RankingConfig['trending'];
  readonly settings: RollupSettings;
}

/** Maximum events of one transaction. */
export interface StepLimits {
  /** Queued events that no roll-up counts. */
  readonly discard: number;
  /** Queued events that roll-ups count, or pairs whose sum falls below the cap. */
  readonly fold: number;
  /** Stored events that enter or leave a window; more if they have the same time. */
  readonly slice: number;
}

/** Each step takes less than a second on idle cores, and a few seconds on loaded ones. */
const STEP_LIMITS: StepLimits = { discard: 200_000, fold: 10_000, slice: 20_000 };

/**
 * A roll-up with a greater lag is rebuilt. So retention, which drops events by month, never removes an event that a roll-up
 * still counts and must subtract later.
 */
const MAX_BEHIND_MS = 12 * HOUR_MS;

/** A roll-up and its target window. */
interface RollupGoal {
  readonly name: RollupName;
  readonly windowMs: number;
  /** Whether an event exactly as old as the window counts. */
  readonly includesEdge: boolean;
}

/**
 * Brings the roll-ups up to date, and computes trends, momentum, and exposure with popularity from them. The work is done in
 * steps of one transaction each; the last step stores the results. A run that ends early keeps its completed steps.
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

  /** Computes the trending score of each market in each scope. Counts scopes. */
  trends(run: ComputationRun = {}): Promise<ComputationResult> {
    const goals = ({ windowHours }: RankingConfig['trending']): RollupGoal[] => [
      { name: 'trends', windowMs: windowHours * HOUR_MS, includesEdge: true },
    ];
    return this.#compute('trends', run, goals, ({ trending }, { now, settings, config }) =>
      trending.replaceSums(now, settings.trends, config.minLocalUsers),
    );
  }

  /** Computes the momentum of each open market. Counts markets. */
  momentum(run: ComputationRun = {}): Promise<ComputationResult> {
    const goals = (): RollupGoal[] => [
      { name: 'activity:5', windowMs: 5 * MINUTE_MS, includesEdge: false },
      { name: 'activity:60', windowMs: HOUR_MS, includesEdge: false },
      { name: 'activity:1440', windowMs: DAY_MS, includesEdge: false },
    ];
    return this.#compute('momentum', run, goals, ({ momentum }, { now }) => momentum.replaceAll(now));
  }

  /** Computes the exposure of each market within 7 days, and its popularity. Counts markets. */
  attention(run: ComputationRun = {}): Promise<ComputationResult> {
    const goals = ({ popularity }: RankingConfig['trending']): RollupGoal[] => [
      { name: 'popularity', windowMs: popularity.windowDays * DAY_MS, includesEdge: true },
      // A market without impressions for 7 days counts as new again.
      { name: 'activity:10080', windowMs: 7 * DAY_MS, includesEdge: true },
    ];
    return this.#compute('attention', run, goals, async ({ trending, rollups }, { now, settings }) => {
      await rollups.removeEmpty();
      return trending.replacePopularity(now, settings.popularity);
    });
  }

  /** Takes the stored changes of a user's events into account now: after their removal, no roll-up has the user. */
  async countChangesOf(userKey: string): Promise<void> {
    const { limits = STEP_LIMITS, store, clock } = this.deps;
    let folded: number;
    do {
      folded = await store.transaction(async ({ rollups }) => {
        await rollups.begin();
        const settings = rollupSettings(this.deps.config());
        const coverage = await rollups.coverage(settings);
        return rollups.fold(coverage, { settings, now: new Date(clock()), limit: limits.fold, userKey });
      });
    } while (folded === limits.fold);
  }

  async #compute(
    name: ComputationName,
    { signal, budgetMs = Infinity }: ComputationRun,
    goalsOf: (config: RankingConfig['trending']) => readonly RollupGoal[],
    work: (sources: Sources, context: StepContext) => Promise<number>,
  ): Promise<ComputationResult> {
    const untilMs = performance.now() + budgetMs;
    for (;;) {
      signal?.throwIfAborted();
      const result = await this.#step(name, goalsOf, work);
      if (result.state !== 'building' || performance.now() >= untilMs) return result;
    }
  }

  /** One transaction, as of its begin. */
  #step(
    name: ComputationName,
    goalsOf: (config: RankingConfig['trending']) => readonly RollupGoal[],
    work: (sources: Sources, context: StepContext) => Promise<number>,
  ): Promise<ComputationResult> {
    return this.deps.store.transaction(async (transaction) => {
      const { computations, rollups } = transaction;
      const { limits = STEP_LIMITS } = this.deps;
      if (!(await computations.tryLock(name))) return { state: 'busy' };
      await rollups.begin();
      const config = this.deps.config();
      const context = { now: new Date(this.deps.clock()), config, settings: rollupSettings(config) };
      const coverage = await rollups.coverage(context.settings);
      const discarded = await rollups.discard(coverage, { ...context, limit: limits.discard });
      if (discarded === limits.discard) return { state: 'building', share: null };
      const folded = await rollups.fold(coverage, { ...context, limit: limits.fold });
      if (folded === limits.fold) return { state: 'building', share: null };
      for (const goal of goalsOf(config)) {
        const share = await stepTowards(goal, coverage.get(goal.name) ?? null, rollups, {
          ...context,
          limits,
        });
        if (share < 1) return { state: 'building', share };
      }
      const count = await work(transaction, context);
      await computations.recordRun(name, context.now);
      return { state: 'computed', count };
    });
  }
}

function rollupSettings({ halfLifeHours, userCap, popularity }: RankingConfig['trending']): RollupSettings {
  return {
    trends: { halfLifeMs: halfLifeHours * HOUR_MS, userCap },
    popularity: { halfLifeMs: popularity.halfLifeDays * DAY_MS, userCap },
  };
}

/**
 * Moves a roll-up one step towards the window that ends at `now`, in a transaction that holds the lock of the roll-ups.
 *
 * @param coveredFrom begin of the window that the roll-up counts now.
 * @returns the share of the target window that is counted; below 1 while steps remain.
 */
async function stepTowards(
  goal: RollupGoal,
  coveredFrom: CoveredFrom,
  rollups: RollupRepository,
  { settings, now, limits }: { settings: RollupSettings; now: Date; limits: StepLimits },
): Promise<number> {
  const { name, windowMs, includesEdge } = goal;
  const edge = new Date(now.getTime() - windowMs + (includesEdge ? 0 : 1));
  let begin = coveredFrom;
  if (begin !== null && edge.getTime() - begin.getTime() > Math.min(windowMs / 2, MAX_BEHIND_MS)) {
    await rollups.reset(name, settings);
    begin = null;
  }
  if (begin?.getTime() !== edge.getTime()) {
    const stop = await rollups.nextStop(begin, edge, limits.slice);
    const isWhole =
      begin !== null && begin < stop
        ? await rollups.move(name, { from: begin, to: stop }, -1, { settings, now })
        : await rollups.move(name, { from: stop, to: begin }, 1, { settings, now });
    if (!isWhole) {
      await rollups.reset(name, settings);
      return 0;
    }
    if (stop.getTime() !== edge.getTime()) return shareOf(stop, now, windowMs);
  }
  if (name !== 'trends' && name !== 'popularity') return 1;
  const uncapped = await rollups.uncap(name, { settings, now, limit: limits.fold });
  return uncapped < limits.fold ? 1 : ALMOST_DONE;
}

/** Share while the whole window is counted, but steps remain. */
const ALMOST_DONE = 0.999;

function shareOf(coveredFrom: Date, now: Date, windowMs: number): number {
  return Math.max(0, Math.min(ALMOST_DONE, (now.getTime() - coveredFrom.getTime()) / windowMs));
}
