import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../lib/clock.js';
import { errorMessage } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { MINUTE_MS, SECOND_MS } from '../lib/time.js';
import type { JobRunRepository } from '../storage/job-repository.js';
import { nextPeriodMs, type Job } from './job.js';
import type { JobQueue, QueuedRun } from './job-queue.js';

/**
 * Offsets into a period at which its run is enqueued. The second one covers a clock ahead of the database's, and a
 * previous run that was still in progress.
 */
const ENQUEUE_AFTER_MS = [200, 5_000] as const;

/** Pause of a worker after a run could not be started. */
const START_RETRY_MS = 2_000;

const MAX_ENQUEUE_INTERVAL_MS = MINUTE_MS;

/** Executes jobs: enqueues each on its schedule, and takes runs from the queue, including requested ones. */
export class JobWorker {
  readonly #stopping = new AbortController();
  #starting: Promise<unknown> = Promise.resolve();
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly deps: {
      queue: Pick<JobQueue, 'enqueueScheduled' | 'work'>;
      jobs: readonly Job[];
      runs: Pick<JobRunRepository, 'start' | 'finish'>;
      /** Identifies this process in the stored runs. */
      name: string;
      clock: Clock;
      logger: Logger;
    },
  ) {}

  /**
   * Starts all jobs as soon as the queue is available. The run of a current period that no process has enqueued yet is
   * enqueued at once.
   */
  start(): void {
    this.#starting = Promise.all(this.deps.jobs.map((job) => this.#start(job)));
  }

  /** Executes queued runs of one job, without scheduling any. */
  async serve(job: Job): Promise<void> {
    await this.deps.queue.work(job, (run) => this.#run(job, run));
  }

  /** Stops the schedules, and aborts runs in progress: they are stored as failed, and another worker retries them. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the process is stopping'));
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await this.#starting;
  }

  async #start(job: Job): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.serve(job);
        await this.#enqueue(job);
        this.#schedule(job);
        return;
      } catch (error) {
        this.deps.logger.warn({ err: error, job: job.name }, 'failed to start job, retrying');
        await sleep(START_RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #schedule(job: Job): void {
    if (this.#stopping.signal.aborted) return;
    const nowMs = this.deps.clock();
    const everyMs = job.intervalSeconds * SECOND_MS;
    const periodMs = nextPeriodMs(job, nowMs) - everyMs;
    const offsetsMs = ENQUEUE_AFTER_MS.filter((afterMs) => afterMs < everyMs);
    const times = [periodMs, periodMs + everyMs].flatMap((ms) => offsetsMs.map((afterMs) => ms + afterMs));
    const nextMs = Math.min(...times.filter((ms) => ms > nowMs));
    // Enqueueing may have failed at those times, so it is repeated every minute; duplicates of a period have no effect.
    const waitMs = Math.min(nextMs - nowMs, MAX_ENQUEUE_INTERVAL_MS);
    const timer = setTimeout(() => {
      void this.#enqueue(job).then(() => this.#schedule(job));
    }, waitMs);
    this.#timers.set(job.name, timer);
  }

  async #enqueue(job: Job): Promise<void> {
    try {
      await this.deps.queue.enqueueScheduled(job);
    } catch (error) {
      this.deps.logger.warn({ err: error, job: job.name }, 'failed to enqueue scheduled job run, retrying');
    }
  }

  async #run(job: Job, { attempt, signal }: QueuedRun): Promise<string> {
    const { runs, clock, logger, name } = this.deps;
    const startedAt = new Date(clock());
    const log = { job: job.name, attempt };
    let id: bigint | undefined;
    try {
      id = await runs.start({ job: job.name, attempt, worker: name, startedAt });
      const anySignal = AbortSignal.any([signal, this.#stopping.signal]);
      const detail = await job.run({ now: startedAt, signal: anySignal });
      // A job that returns early after an abort has not completed; another run continues it.
      anySignal.throwIfAborted();
      await runs.finish(id, { finishedAt: new Date(clock()), outcome: 'SUCCEEDED', detail });
      logger.debug({ ...log, durationMs: clock() - startedAt.getTime(), detail }, 'job run succeeded');
      return detail;
    } catch (error) {
      if (this.#stopping.signal.aborted) logger.info(log, 'job run aborted; another worker retries it');
      else logger.warn({ ...log, err: error }, 'job run failed');
      if (id === undefined) throw error;
      const detail = errorMessage(error);
      // A failure to store the outcome must not replace the error of the run.
      await runs
        .finish(id, { finishedAt: new Date(clock()), outcome: 'FAILED', detail })
        .catch((cause: unknown) => logger.warn({ ...log, err: cause }, 'failed to store outcome of job run'));
      throw error;
    }
  }
}
