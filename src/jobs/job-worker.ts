import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import type { JobRunRepository } from '../storage/job-repository.js';
import { nextTimeMs, type Job } from './job.js';
import type { JobQueue, QueuedRun } from './job-queue.js';
import { reasonOf } from './reason-of.js';

/**
 * A tick is asked for twice: a moment into its time, and again later in it, for a clock that is a little ahead of the
 * database's and for a run that was still under way.
 */
const TICKS_AFTER_MS = [200, 5_000] as const;

const BEGIN_AGAIN_MS = 2_000;

const ASK_AT_LEAST_EVERY_MS = 60_000;

/** Runs jobs: asks for each at its times, and works off what anybody asked for. */
export class JobWorker {
  readonly #stopping = new AbortController();
  #starting: Promise<unknown> = Promise.resolve();
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(
    private readonly deps: {
      queue: Pick<JobQueue, 'tick' | 'work'>;
      jobs: readonly Job[];
      runs: Pick<JobRunRepository, 'start' | 'finish'>;
      /** Names this process in the runs. */
      name: string;
      clock: Clock;
      logger: Logger;
    },
  ) {}

  /**
   * Begins to run the jobs, as soon as the queue can be reached. A time that has begun and that nobody has asked for
   * yet is asked for at once.
   */
  start(): void {
    this.#starting = Promise.all(this.deps.jobs.map((job) => this.#begin(job)));
  }

  /** Works off one job for whoever waits for it, without asking for it at its times. */
  async serve(job: Job): Promise<void> {
    await this.deps.queue.work(job, (run) => this.#run(job, run));
  }

  /** Asks for nothing more, and tells the runs under way to end; they are stored as failed, and begun again. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the process stops'));
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await this.#starting;
  }

  async #begin(job: Job): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.serve(job);
        await this.#tick(job);
        this.#schedule(job);
        return;
      } catch (error) {
        this.deps.logger.warn({ err: error, job: job.name }, 'a job could not be begun with; trying again');
        await sleep(BEGIN_AGAIN_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  #schedule(job: Job): void {
    if (this.#stopping.signal.aborted) return;
    const nowMs = this.deps.clock();
    const everyMs = job.everySeconds * 1_000;
    const begunMs = nextTimeMs(job, nowMs) - everyMs;
    const placesMs = TICKS_AFTER_MS.filter((afterMs) => afterMs < everyMs);
    const times = [begunMs, begunMs + everyMs].flatMap((ms) => placesMs.map((afterMs) => ms + afterMs));
    const nextMs = Math.min(...times.filter((ms) => ms > nowMs));
    // A time that could not be asked for when it began is asked for later; a second wish for the same time is none.
    const waitMs = Math.min(nextMs - nowMs, ASK_AT_LEAST_EVERY_MS);
    const timer = setTimeout(() => {
      void this.#tick(job).then(() => this.#schedule(job));
    }, waitMs);
    this.#timers.set(job.name, timer);
  }

  async #tick(job: Job): Promise<void> {
    try {
      await this.deps.queue.tick(job);
    } catch (error) {
      this.deps.logger.warn({ err: error, job: job.name }, 'a job could not be asked for at its time');
    }
  }

  async #run(job: Job, { attempt, signal }: QueuedRun): Promise<string> {
    const { runs, clock, logger, name } = this.deps;
    const startedAt = new Date(clock());
    const log = { job: job.name, attempt };
    let id: bigint | undefined;
    try {
      id = await runs.start({ job: job.name, attempt, worker: name, startedAt });
      const both = AbortSignal.any([signal, this.#stopping.signal]);
      const detail = await job.run({ now: startedAt, signal: both });
      // Some jobs end early when they are told to, which leaves the rest to another run.
      both.throwIfAborted();
      await runs.finish(id, { finishedAt: new Date(clock()), outcome: 'SUCCEEDED', detail });
      logger.debug({ ...log, durationMs: clock() - startedAt.getTime(), detail }, 'job done');
      return detail;
    } catch (error) {
      if (this.#stopping.signal.aborted) logger.info(log, 'a job was stopped and is left to another process');
      else logger.warn({ ...log, err: error }, 'a job failed');
      const detail = reasonOf(error);
      if (id === undefined) throw error;
      // The failure itself is what has to be told, also when it cannot be noted.
      await runs
        .finish(id, { finishedAt: new Date(clock()), outcome: 'FAILED', detail })
        .catch((cause: unknown) => logger.warn({ ...log, err: cause }, 'a failed run could not be noted'));
      throw error;
    }
  }
}
