import type { RankingConfig } from '../config/ranking-schema.js';
import type {
  CoveredFrom,
  RollupName,
  RollupRepository,
  RollupSettings,
} from '../storage/trends/rollup-repository.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Most events of one transaction. */
export interface StepLimits {
  /** Queued events that no roll-up counts. */
  readonly discard: number;
  /** Queued events, or pairs that fall below the cap. */
  readonly fold: number;
  /** Stored events that enter or leave a window; more if they have one instant. */
  readonly slice: number;
}

/** Each takes less than a second, or a few on loaded cores. */
export const STEP_LIMITS: StepLimits = { discard: 200_000, fold: 10_000, slice: 20_000 };

/**
 * A roll-up that is behind by more than this is built again. Retention, which drops events by whole months, then never
 * removes an event that the roll-up still counts and has to take back.
 */
const MAX_BEHIND_MS = 12 * HOUR_MS;

/** A roll-up, and the window that it has to count. */
export interface RollupGoal {
  readonly name: RollupName;
  readonly windowMs: number;
  /** Whether an event that is exactly as old as the window counts. */
  readonly includesEdge: boolean;
}

/** The settings of the roll-ups by the ranking config. */
export function rollupSettings({
  halfLifeHours,
  userCap,
  popularity,
}: RankingConfig['trending']): RollupSettings {
  return {
    trends: { halfLifeMs: halfLifeHours * HOUR_MS, userCap },
    popularity: { halfLifeMs: popularity.halfLifeDays * DAY_MS, userCap },
  };
}

/**
 * One step of a roll-up towards the window that ends at `now`, within a transaction that holds the lock of the roll-ups.
 *
 * @param coveredFrom where the roll-up begins now.
 * @returns the share of the window that is counted, below 1 while steps remain.
 */
export async function stepTowards(
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
  return uncapped < limits.fold ? 1 : ALMOST;
}

/** All of the window is counted, but another step is needed. */
const ALMOST = 0.999;

function shareOf(coveredFrom: Date, now: Date, windowMs: number): number {
  return Math.max(0, Math.min(ALMOST, (now.getTime() - coveredFrom.getTime()) / windowMs));
}
