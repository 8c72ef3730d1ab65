import { hostname } from 'node:os';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import type { JobRunRepository } from '../storage/job-repository.js';
import type { Job } from './job.js';
import { JobQueue, type JobDatabase } from './job-queue.js';
import { JobService } from './job-service.js';
import { JobWorker } from './job-worker.js';

/** The jobs of a process: to be looked at and asked for, and to be run if it is one that runs them. */
export interface Jobs {
  readonly service: JobService;
  readonly worker: JobWorker;
  /** Tells the runs under way to end, and waits a little for them. */
  close(): Promise<void>;
}

/** Connects to nothing until something is asked for. */
export function openJobs(deps: {
  readonly jobs: readonly Job[];
  readonly database: JobDatabase;
  /** Where the worker stores its runs. */
  readonly runs: JobRunRepository;
  /** Where clients read runs. */
  readonly listedRuns: Pick<JobRunRepository, 'last'>;
  /** Whether this process runs jobs. */
  readonly works: boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}): Jobs {
  const { jobs, database, runs, listedRuns, works, clock, logger } = deps;
  const queue = new JobQueue({ database, jobs, works, clock, logger });
  const name = `${hostname()}:${process.pid}`;
  const worker = new JobWorker({ queue, jobs, runs, name, clock, logger });
  return {
    service: new JobService({ queue, jobs, runs: listedRuns, clock }),
    worker,
    close: async () => {
      await worker.stop();
      await queue.close();
    },
  };
}
