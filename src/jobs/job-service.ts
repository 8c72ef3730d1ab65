import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Clock } from '../lib/clock.js';
import { BellwetherError } from '../lib/errors.js';
import { checkInput } from '../lib/input/check-input.js';
import type { JobRun, JobRunRepository } from '../storage/job-repository.js';
import { orUnavailable } from '../storage/database-errors.js';
import { nextPeriodMs, type Job } from './job.js';
import type { JobQueue, RunState } from './job-queue.js';

/** A job with its last run and its schedule. */
export interface JobStatus extends Pick<Job, 'name' | 'description' | 'intervalSeconds'> {
  /** Null if the job has never run. */
  readonly lastRun: (JobRun & { readonly durationMs: number | null }) | null;
  /** Next scheduled time. The job runs then if a worker is available. */
  readonly nextRunAt: Date;
}

/** Result of requesting a job run. */
export interface RunRequestResult {
  /** The job after the request. */
  readonly job: JobStatus;
  /** ALREADY_REQUESTED: a run was waiting or running, so no other was enqueued. */
  readonly status: 'REQUESTED' | 'ALREADY_REQUESTED';
}

/** Interval at which a caller that waits for a run reads its state. */
const POLL_MS = 100;

/** A free worker starts a run at once; after 3 s without a start, there is probably none. */
const POLLS_BEFORE_SERVING = 30;

const runRequest = z.object({ name: z.string().min(1).max(96) });

/** Lists jobs and requests runs, for staff and the command line. */
export class JobService {
  constructor(
    private readonly deps: {
      jobs: readonly Job[];
      runs: Pick<JobRunRepository, 'last'>;
      queue: Pick<JobQueue, 'enqueue' | 'pendingRun' | 'stateOf'>;
      clock: Clock;
    },
  ) {}

  /** @throws {BellwetherError} UNAVAILABLE when the database does not answer. */
  async list(): Promise<JobStatus[]> {
    return this.#statusOf(this.deps.jobs);
  }

  async #statusOf(jobs: readonly Job[]): Promise<JobStatus[]> {
    const { runs, clock } = this.deps;
    const last = await orUnavailable('The jobs could not be read; retry after retryAfterMs.', () =>
      runs.last(jobs.map(({ name }) => name)),
    );
    const nowMs = clock();
    return jobs.map((job) => ({
      ...{ name: job.name, description: job.description, intervalSeconds: job.intervalSeconds },
      lastRun: withDuration(last.get(job.name)),
      nextRunAt: new Date(nextPeriodMs(job, nowMs)),
    }));
  }

  /**
   * Enqueues a run of a job, for the next free worker.
   *
   * @throws {BellwetherError} BAD_USER_INPUT for an unknown job; UNAVAILABLE when the database does not answer.
   */
  async request(input: unknown): Promise<RunRequestResult> {
    const job = this.find(checkInput(runRequest, input, 'input').name, 'input.name');
    const id = await orUnavailable('The run could not be enqueued; retry after retryAfterMs.', () =>
      this.deps.queue.enqueue(job),
    );
    const [status] = await this.#statusOf([job]);
    if (status === undefined) throw new Error('The status of one job has no entry.');
    return { job: status, status: id === null ? 'ALREADY_REQUESTED' : 'REQUESTED' };
  }

  /**
   * Enqueues a run, or joins the one that is waiting or running, and waits until it has ended.
   *
   * @param options.serve called once when no worker starts the run within 3 s, to execute it in this process.
   * @param options.signal ends the wait; the run continues on its worker.
   * @returns the final state; null when the queue does not know the run any more.
   */
  async runAndWait(
    job: Job,
    { serve, signal }: { serve: () => Promise<void>; signal: AbortSignal },
  ): Promise<RunState | null> {
    const { queue } = this.deps;
    let id = await queue.enqueue(job);
    // The run that prevented enqueueing may have ended before it could be joined.
    while ((id ??= await queue.pendingRun(job)) === null) id = await queue.enqueue(job);
    let waitingPolls = 0;
    for (;;) {
      const run = await queue.stateOf(job, id);
      if (run === null || run.state === 'succeeded' || run.state === 'failed') return run;
      if (run.state === 'waiting' && ++waitingPolls === POLLS_BEFORE_SERVING) await serve();
      await sleep(POLL_MS, undefined, { signal });
    }
  }

  /**
   * @param field path of the name in the input.
   * @throws {BellwetherError} BAD_USER_INPUT for an unknown job.
   */
  find(name: string, field = 'name'): Job {
    const job = this.deps.jobs.find((other) => other.name === name);
    if (job !== undefined) return job;
    const names = this.deps.jobs.map((other) => other.name).join(', ');
    throw BellwetherError.badInput(field, `${field} must be one of: ${names}.`);
  }
}

function withDuration(run: JobRun | undefined): JobStatus['lastRun'] {
  if (run === undefined) return null;
  const { startedAt, finishedAt } = run;
  return { ...run, durationMs: finishedAt === null ? null : finishedAt.getTime() - startedAt.getTime() };
}
