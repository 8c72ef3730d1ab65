import { Client } from 'pg';
import { pino } from 'pino';
import { vi } from 'vitest';
import { openDatabase } from '../../src/storage/database/client.js';
import { jobDatabaseOf } from '../../src/storage/database/connection.js';
import type { Job } from '../../src/jobs/job.js';
import { openJobs, type Jobs } from '../../src/jobs/open-jobs.js';
import { JobRunRepository, type JobRun } from '../../src/storage/job-repository.js';
import { createTestDatabase } from './test-database.js';

/** A database with whoever runs jobs on it, each as a process would. */
export interface JobSite {
  readonly url: string;
  /** One that runs jobs, or can only ask for them. */
  open(jobs: readonly Job[], options?: { works?: boolean }): Jobs;
  /** Every run so far, the earliest first. */
  readonly runs: (job: string) => Promise<JobRun[]>;
  /** The runs of a job, once there are as they should be. */
  runsUntil(job: string, is: (runs: JobRun[]) => boolean): Promise<JobRun[]>;
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
    open: (jobs, { works = true } = {}) => {
      const runsRepository = new JobRunRepository(database.prisma);
      const process = openJobs({
        jobs,
        database: jobDatabaseOf(url),
        ...{ runs: runsRepository, listedRuns: runsRepository },
        works,
        clock: Date.now,
        logger,
      });
      opened.push(process);
      return process;
    },
    runs,
    runsUntil: async (job, is) =>
      vi.waitFor(
        async () => {
          const found = await runs(job);
          if (!is(found)) throw new Error(`The runs of ${job} are: ${JSON.stringify(found)}`);
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

export const jobNamed = (name: string, run: Job['run'], everySeconds = 86_400): Job => ({
  ...{ name, description: `The job ${name}.`, everySeconds },
  run,
});
