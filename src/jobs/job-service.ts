import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Clock } from '../config/clock.js';
import { BellwetherError } from '../errors.js';
import { checkInput } from '../input/check-input.js';
import type { JobRun, JobRunRepository } from '../repositories/job-run-repository.js';
import { orUnavailable } from '../repositories/unavailable.js';
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

const runRequest = z.object({ name: z.string().min(1).max(96) });

/** The jobs, for whoever looks after them. */
export class JobService {
  constructor(
    private readonly parts: {
      jobs: readonly Job[];
      runs: Pick<JobRunRepository, 'last'>;
      queue: Pick<JobQueue, 'request' | 'stateOf'>;
      clock: Clock;
    },
  ) {}

  /** @throws {BellwetherError} UNAVAILABLE without a database. */
  async list(): Promise<JobStatus[]> {
    const { jobs, runs, clock } = this.parts;
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
    const id = await orUnavailable('The job could not be asked for now.', () =>
      this.parts.queue.request(job),
    );
    return { name: job.name, status: id === null ? 'ALREADY_REQUESTED' : 'REQUESTED' };
  }

  /**
   * Asks for a run and waits until it has ended.
   *
   * @returns how it ended; null when another one was waiting or under way.
   */
  async runToEnd(job: Job): Promise<RunState | null> {
    const { queue } = this.parts;
    const id = await queue.request(job);
    if (id === null) return null;
    for (;;) {
      const run = await queue.stateOf(job, id);
      if (run === null || run.state === 'succeeded' || run.state === 'failed') return run;
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** @throws {BellwetherError} BAD_USER_INPUT for a job that there is not. */
  find(name: string): Job {
    const job = this.parts.jobs.find((other) => other.name === name);
    if (job !== undefined) return job;
    const names = this.parts.jobs.map((other) => other.name).join(', ');
    throw BellwetherError.badInput('name', `name must be one of: ${names}.`);
  }
}

function withDuration(run: JobRun | undefined): JobStatus['lastRun'] {
  if (run === undefined) return null;
  const { startedAt, finishedAt } = run;
  return { ...run, durationMs: finishedAt === null ? null : finishedAt.getTime() - startedAt.getTime() };
}
