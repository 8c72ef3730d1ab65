import { z } from 'zod';
import type { Clock } from '../lib/clock.js';
import { BellwetherError } from '../lib/errors.js';
import { checkInput } from '../lib/input/check-input.js';
import { isStorableInstant } from '../lib/input/text-schemas.js';
import { DAY_MS, HOUR_MS } from '../lib/time.js';
import type { Downsampled, SnapshotRepository } from '../storage/markets/snapshot-repository.js';
import { orUnavailable } from '../storage/database-errors.js';

export interface HistoryRequest {
  readonly marketId: string;
  /** Default: 7 days before `to`. */
  readonly from?: Date | null;
  /** Default: now. */
  readonly to?: Date | null;
  /** Maximum number of points, 1–500. */
  readonly points: number;
}

/** State of a market at an instant. */
export interface MarketHistoryPoint {
  readonly at: Date;
  /** 0–1; null while unknown, and for a market with several answers. */
  readonly probability: number | null;
  /** Null if unknown. */
  readonly volume24h: number | null;
  /** Null if unknown. */
  readonly participantCount: number | null;
}

/** Returns the points of each request, in order, or the error of that request. */
type HistoryReader = (
  requests: readonly HistoryRequest[],
) => Promise<(readonly MarketHistoryPoint[] | Error)[]>;

type Histories = ReadonlyMap<string, readonly MarketHistoryPoint[]>;

const DEFAULT_SPAN_MS = 7 * DAY_MS;

/** Maximum number of points of one history. */
export const MAX_POINTS = 500;

/** Number of points of a history without a requested number. */
export const DEFAULT_POINTS = 100;

/** Maximum number of points that one reader returns for all its markets. */
export const MAX_TOTAL_POINTS = 50_000;

const instant = z.date().refine(isStorableInstant, 'must be in the years 1 to 9999').nullish();

const rangeSchema = z.object({
  from: instant,
  to: instant,
  points: z.number().int().min(1, 'must be at least 1').max(MAX_POINTS, `must be at most ${MAX_POINTS}`),
});

/** Reads the snapshots of markets, open or not. */
export class MarketHistory {
  constructor(private readonly deps: { snapshots: Pick<SnapshotRepository, 'history'>; clock: Clock }) {}

  /**
   * Creates a reader for one client request. All its calls share the same current time and a total of 50,000 points.
   * History requests of one call with the same range are read by one statement.
   *
   * Its errors are BAD_USER_INPUT naming the field, and UNAVAILABLE if the database is unavailable.
   */
  reader(): HistoryReader {
    const nowMs = this.deps.clock();
    let requestedPoints = 0;
    return async (requests) => {
      requestedPoints += requests.reduce((sum, { points }) => sum + Math.max(0, points), 0);
      const isOverLimit = requestedPoints > MAX_TOTAL_POINTS;
      const read = (group: readonly HistoryRequest[]): Promise<Histories | Error> =>
        isOverLimit ? Promise.resolve(tooManyPoints()) : this.#read(group, nowMs).catch(asError);
      const byRange = Map.groupBy(requests, rangeKey);
      const results = await Promise.all([...byRange.values()].map(read));
      const resultByRange = new Map([...byRange.keys()].map((range, index) => [range, results[index]]));
      return requests.map((request) => {
        const result = resultByRange.get(rangeKey(request));
        return result instanceof Error ? result : (result?.get(request.marketId) ?? []);
      });
    };
  }

  async #read(requests: readonly HistoryRequest[], nowMs: number): Promise<Histories> {
    const [request] = requests;
    if (request === undefined) return new Map();
    const range = validRange(request, nowMs);
    const rows = await orUnavailable('The history could not be read; retry after retryAfterMs.', () =>
      this.deps.snapshots.history(
        requests.map(({ marketId }) => marketId),
        range,
      ),
    );
    return Map.groupBy(rows, ({ marketId }) => marketId);
  }
}

function rangeKey({ from, to, points }: HistoryRequest): string {
  return JSON.stringify([from, to, points]);
}

/** @throws {BellwetherError} BAD_USER_INPUT naming the field. */
function validRange(
  request: HistoryRequest,
  nowMs: number,
): { readonly from: Date; readonly to: Date; readonly points: number } {
  const { points, ...range } = checkInput(rangeSchema, request);
  const to = range.to ?? new Date(nowMs);
  const from = range.from ?? new Date(to.getTime() - DEFAULT_SPAN_MS);
  if (!isStorableInstant(from) || from >= to) {
    throw BellwetherError.badInput('from', 'from must be before to, which defaults to now.');
  }
  return { from, to, points };
}

function tooManyPoints(): BellwetherError {
  return BellwetherError.limitExceeded(
    'points',
    `points of all markets of a request must total at most ${MAX_TOTAL_POINTS}. Request fewer points or markets.`,
  );
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('The history could not be read.', { cause: error });
}

/** Hourly after 48 hours, daily after 30 days. Hours and days are those of UTC. */
const DOWNSAMPLING_STEPS = [
  { resolution: 0, olderThanMs: 48 * HOUR_MS, periodMs: HOUR_MS },
  { resolution: 1, olderThanMs: 30 * DAY_MS, periodMs: DAY_MS },
] as const;

/** Snapshots per statement, which takes about 50 ms. */
const SNAPSHOTS_PER_STATEMENT = 1_000;

/**
 * Downsamples the snapshots of markets. Only the last snapshot of a market is kept per hour after 48 hours, and per day
 * after 30 days. These times count from the end of the hour or day. The earlier state of a market therefore remains known
 * as of the end of the hour or day.
 *
 * Starts with the oldest snapshot that is not downsampled. Each statement handles 1,000 snapshots, so an interrupted run
 * loses no work.
 *
 * @param signal ends the run after the statement in progress.
 */
export async function downsampleSnapshots({
  snapshots,
  now,
  signal,
}: {
  snapshots: Pick<SnapshotRepository, 'downsample'>;
  now: Date;
  signal: AbortSignal;
}): Promise<Downsampled> {
  let removed = 0;
  let kept = 0;
  for (const { resolution, olderThanMs, periodMs } of DOWNSAMPLING_STEPS) {
    const before = new Date(Math.floor((now.getTime() - olderThanMs) / periodMs) * periodMs);
    for (let from: Date | null = new Date(0); from !== null && !signal.aborted;) {
      const batch = { resolution, from, before, periodMs, limit: SNAPSHOTS_PER_STATEMENT };
      const step = await snapshots.downsample(batch);
      removed += step.removed;
      kept += step.kept;
      from = step.next;
    }
  }
  return { removed, kept };
}
