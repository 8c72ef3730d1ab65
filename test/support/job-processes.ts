import { Client } from 'pg';
import { pino } from 'pino';
import { vi } from 'vitest';
import { openDatabase } from '../../src/storage/database/client.js';
import { jobDatabaseOf } from '../../src/storage/database/connection.js';
import type { Job } from '../../src/jobs/job.js';
import { createJobs, type Jobs } from '../../src/app/background.js';
import { JobRunRepository, type JobRun } from '../../src/storage/job-repository.js';
import { createTestDatabase } from './test-database.js';

/** A database, and several processes that run jobs on it. */
export interface JobSite {
  readonly url: string;
  /** Opens a process that executes jobs, or only requests them. */
  open(jobs: readonly Job[], options?: { isWorker?: boolean }): Jobs;
  /** All runs of a job so far, the earliest first. */
  readonly runs: (job: string) => Promise<JobRun[]>;
  /** Waits up to 30 s until the runs of a job satisfy a condition, and returns them. */
  runsUntil(job: string, isDone: (runs: JobRun[]) => boolean): Promise<JobRun[]>;
  close(): Promise<void>;
}

export async function openJobSite(): Promise<JobSite> {
  const testDatabase = await createTestDatabase();
  const { url } = testDatabase;
  const logger = pino({ level: 'silent' });
  const database = openDatabase({ url, logger, poolSize: 4 });
  const client = new Client({ connectionString: url });
  await client.connect();
  const opened: Jobs[] = [];
  const runs = async (job: string): Promise<JobRun[]> => {
    const { rows } = await client.query<JobRun>(
      `select job, attempt, worker, started_at as "startedAt", finished_at as "finishedAt", outcome, detail
       from job_runs where job = $1 order by id`,
      [job],
    );
    return rows;
  };
  return {
    url,
    open: (jobs, { isWorker = true } = {}) => {
      const runsRepository = new JobRunRepository(database.prisma);
      const process = createJobs({
        jobs,
        database: jobDatabaseOf(url),
        ...{ runs: runsRepository, listedRuns: runsRepository },
        isWorker,
        clock: Date.now,
        logger,
      });
      opened.push(process);
      return process;
    },
    runs,
    runsUntil: async (job, isDone) =>
      vi.waitFor(
        async () => {
          const found = await runs(job);
          if (!isDone(found)) throw new Error(`The runs of ${job} are: ${JSON.stringify(found)}`);
          return found;
        },
        { timeout: 30_000, interval: 50 },
      ),
    close: async () => {
      for (const jobs of opened) await jobs.close();
      await client.end();
      await database.close();
      await testDatabase.drop();
    },
  };
}

export const jobNamed = (name: string, run: Job['run'], intervalSeconds = 86_400): Job => ({
  ...{ name, description: `The job ${name}.`, intervalSeconds },
  run,
});
