import { z } from 'zod';
import type { Clock } from '../lib/clock.js';
import { BellwetherError } from '../lib/errors.js';
import { checkInput } from '../lib/input/check-input.js';
import { isStorableInstant } from '../lib/input/storable.js';
import type { SnapshotRepository } from '../storage/markets/snapshot-repository.js';
import { orUnavailable } from '../storage/unavailable.js';

/** Whose history to read; what is left out has its default. */
export interface HistoryRequest {
  readonly marketId: string;
  /** Default: 7 days before `to`. */
  readonly from?: Date | null;
  /** Default: now. */
  readonly to?: Date | null;
  /** At most so many, 1–500. */
  readonly points: number;
}

/** How a market stood at an instant. */
export interface MarketHistoryPoint {
  readonly at: Date;
  /** 0–1; null while unknown, and for a market with several answers. */
  readonly probability: number | null;
  readonly volume24h: number;
  readonly participantCount: number;
}

/** For each request, in order: the points, or why there are none. */
export type HistoryReader = (
  requests: readonly HistoryRequest[],
) => Promise<(readonly MarketHistoryPoint[] | Error)[]>;

type Histories = ReadonlyMap<string, readonly MarketHistoryPoint[]>;

const DEFAULT_SPAN_MS = 7 * 24 * 3_600_000;

/** Of all the markets that one reader is asked for. */
const MAX_POINTS_IN_ALL = 50_000;

const instant = z.date().refine(isStorableInstant, 'must lie in the years 1 to 9999').nullish();

const timeSchema = z.object({
  from: instant,
  to: instant,
  points: z.number().int().min(1, 'must be at least 1').max(500, 'must be at most 500'),
});

/** How markets stood over time, open or not. */
export class MarketHistory {
  constructor(private readonly deps: { snapshots: Pick<SnapshotRepository, 'history'>; clock: Clock }) {}

  /**
   * A reader for one request: all that it is asked for has the same now, what is asked for at once and over the same
   * time is read by one statement, and in all it gives out at most 50,000 points.
   *
   * Its errors are BAD_USER_INPUT naming the field, and UNAVAILABLE when the database is not there.
   */
  reader(): HistoryReader {
    const nowMs = this.deps.clock();
    let pointsAsked = 0;
    return async (requests) => {
      pointsAsked += requests.reduce((sum, { points }) => sum + Math.max(0, points), 0);
      const isTooMuch = pointsAsked > MAX_POINTS_IN_ALL;
      const answerTo = (alike: readonly HistoryRequest[]): Promise<Histories | Error> =>
        isTooMuch ? Promise.resolve(tooManyPoints()) : this.#read(alike, nowMs).catch(asError);
      const byTime = Map.groupBy(requests, timeOf);
      const answers = await Promise.all([...byTime.values()].map(answerTo));
      const answerOfTime = new Map([...byTime.keys()].map((time, place) => [time, answers[place]]));
      return requests.map((request) => {
        const answer = answerOfTime.get(timeOf(request));
        return answer instanceof Error ? answer : (answer?.get(request.marketId) ?? []);
      });
    };
  }

  async #read(requests: readonly HistoryRequest[], nowMs: number): Promise<Histories> {
    const [request] = requests;
    if (request === undefined) return new Map();
    const time = checkedTime(request, nowMs);
    const rows = await orUnavailable('The history could not be read now.', () =>
      this.deps.snapshots.history(
        requests.map(({ marketId }) => marketId),
        time,
      ),
    );
    return Map.groupBy(rows, ({ marketId }) => marketId);
  }
}

function timeOf({ from, to, points }: HistoryRequest): string {
  return JSON.stringify([from, to, points]);
}

/** @throws {BellwetherError} BAD_USER_INPUT naming the field. */
function checkedTime(
  request: HistoryRequest,
  nowMs: number,
): { readonly from: Date; readonly to: Date; readonly points: number } {
  const { points, ...time } = checkInput(timeSchema, request);
  const to = time.to ?? new Date(nowMs);
  const from = time.from ?? new Date(to.getTime() - DEFAULT_SPAN_MS);
  if (!isStorableInstant(from) || from >= to) {
    throw BellwetherError.badInput('from', 'from must be before to, which is now when it is not given.');
  }
  return { from, to, points };
}

function tooManyPoints(): BellwetherError {
  return BellwetherError.badInput(
    'points',
    `points of all the markets of a request must be at most ${MAX_POINTS_IN_ALL} together.`,
  );
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error('The history could not be read.', { cause: error });
}
