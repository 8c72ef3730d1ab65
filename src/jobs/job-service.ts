import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Clock } from '../lib/clock.js';
import { BellwetherError } from '../lib/errors.js';
import { checkInput } from '../lib/input/check-input.js';
import type { JobRun, JobRunRepository } from '../storage/job-repository.js';
import { orUnavailable } from '../storage/database-errors.js';
import { nextTimeMs, type Job } from './job.js';
import type { JobQueue, RunState } from './job-queue.js';

/** A job and how it goes. */
export interface JobStatus extends Pick<Job, 'name' | 'description' | 'everySeconds'> {
  /** Null: it was never run. */
  readonly lastRun: (JobRun & { readonly durationMs: number | null }) | null;
  /** When it is due next; whether it is run then depends on there being a worker. */
  readonly nextRunAt: Date;
}

/** What became of the wish to run a job. */
export interface RequestedRun {
  readonly name: string;
  /** ALREADY_REQUESTED: a run was waiting or under way, which is as good. */
  readonly status: 'REQUESTED' | 'ALREADY_REQUESTED';
}

const LOOK_EVERY_MS = 100;

/** A worker that is there begins a run at once. */
const LOOKS_BEFORE_SERVING = 30;

const runRequest = z.object({ name: z.string().min(1).max(96) });

/** The jobs, for whoever looks after them. */
export class JobService {
  constructor(
    private readonly deps: {
      jobs: readonly Job[];
      runs: Pick<JobRunRepository, 'last'>;
      queue: Pick<JobQueue, 'request' | 'present' | 'stateOf'>;
      clock: Clock;
    },
  ) {}

  /** @throws {BellwetherError} UNAVAILABLE without a database. */
  async list(): Promise<JobStatus[]> {
    const { jobs, runs, clock } = this.deps;
    const last = await orUnavailable('The jobs could not be read now.', () =>
      runs.last(jobs.map(({ name }) => name)),
    );
    const nowMs = clock();
    return jobs.map((job) => ({
      ...{ name: job.name, description: job.description, everySeconds: job.everySeconds },
      lastRun: withDuration(last.get(job.name)),
      nextRunAt: new Date(nextTimeMs(job, nowMs)),
    }));
  }

  /**
   * Asks for a run of a job now, by whichever worker is free.
   *
   * @throws {BellwetherError} BAD_USER_INPUT for a job that there is not; UNAVAILABLE without a database.
   */
  async request(input: unknown): Promise<RequestedRun> {
    const job = this.find(checkInput(runRequest, input).name);
    const id = await orUnavailable('The job could not be asked for now.', () => this.deps.queue.request(job));
    return { name: job.name, status: id === null ? 'ALREADY_REQUESTED' : 'REQUESTED' };
  }

  /**
   * Asks for a run, or takes the one that is waiting or under way, and waits until it has ended.
   *
   * @param options.serve called once when nobody began it for a while: to begin it here.
   * @param options.signal ends the waiting; the run goes on where it is.
   * @returns how it ended; null when nothing is known of it any more.
   */
  async runToEnd(
    job: Job,
    { serve, signal }: { serve: () => Promise<void>; signal: AbortSignal },
  ): Promise<RunState | null> {
    const { queue } = this.deps;
    let id = await queue.request(job);
    // The one that stood in the way may have ended meanwhile.
    while ((id ??= await queue.present(job)) === null) id = await queue.request(job);
    let looks = 0;
    for (;;) {
      const run = await queue.stateOf(job, id);
      if (run === null || run.state === 'succeeded' || run.state === 'failed') return run;
      if (run.state === 'waiting' && ++looks === LOOKS_BEFORE_SERVING) await serve();
      await sleep(LOOK_EVERY_MS, undefined, { signal });
    }
  }

  /** @throws {BellwetherError} BAD_USER_INPUT for a job that there is not. */
  find(name: string): Job {
    const job = this.deps.jobs.find((other) => other.name === name);
    if (job !== undefined) return job;
    const names = this.deps.jobs.map((other) => other.name).join(', ');
    throw BellwetherError.badInput('name', `name must be one of: ${names}.`);
  }
}

function withDuration(run: JobRun | undefined): JobStatus['lastRun'] {
  if (run === undefined) return null;
  const { startedAt, finishedAt } = run;
  return { ...run, durationMs: finishedAt === null ? null : finishedAt.getTime() - startedAt.getTime() };
}
