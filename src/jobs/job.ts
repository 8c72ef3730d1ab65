/** Work in the background that is done again and again, by one process at a time however many there are. */
export interface Job {
  /** Letters, digits, hyphens. Runs and the queue are kept under it. */
  readonly name: string;
  readonly description: string;
  /** It is run once in each such time, counted from 1970 on: 60 means at every full minute. */
  readonly everySeconds: number;
  /** How often a run that failed is tried again before the next time comes. Default 3. */
  readonly retries?: number;
  /**
   * @param run.signal aborted when the process is to stop, or the run takes too long: then end soon, at a point from
   *   which another run can go on.
   * @returns in a few words what was done.
   * @throws when it could not be done: it is tried again a few times, later each time, and then at its next time.
   */
  run(run: { now: Date; signal: AbortSignal }): Promise<string>;
}

/** When a job's next time begins, after an instant; milliseconds since 1970. */
export function nextTimeMs({ everySeconds }: Pick<Job, 'everySeconds'>, nowMs: number): number {
  const everyMs = everySeconds * 1_000;
  return (Math.floor(nowMs / everyMs) + 1) * everyMs;
}
