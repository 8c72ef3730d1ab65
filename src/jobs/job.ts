import { SECOND_MS } from '../lib/time.js';

/** A scheduled task. However many workers there are, one run at a time is in progress. */
export interface Job {
  /** Letters, digits, hyphens. It identifies the job in the queue and in `job_runs`. */
  readonly name: string;
  readonly description: string;
  /** Period of the schedule; periods are aligned to 1970-01-01 UTC, so 60 means every full minute. */
  readonly intervalSeconds: number;
  /** Retries of a failed run before the next scheduled one. Default 3. */
  readonly retries?: number;
  /**
   * Executes one run.
   *
   * @param run.signal aborted when the process stops or the run takes too long. The job must then end soon, at a point
   *   from which another run can continue.
   * @returns a short description of what was done.
   * @throws when the run fails: the queue retries it with backoff, then at the next scheduled time.
   */
  run(run: { now: Date; signal: AbortSignal }): Promise<string>;
}

/** Start of the job's next period after an instant, in ms since 1970. */
export function nextPeriodMs({ intervalSeconds }: Pick<Job, 'intervalSeconds'>, nowMs: number): number {
  const everyMs = intervalSeconds * SECOND_MS;
  return (Math.floor(nowMs / everyMs) + 1) * everyMs;
}
