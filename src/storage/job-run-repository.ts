import type { PrismaClient } from '../generated/prisma/client.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/** LOST: the process that ran it ended before the run did. */
export type JobOutcome = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'LOST';

/** One attempt at a job. */
export interface JobRun {
  readonly job: string;
  /** From 1; grows while the same run is tried again. */
  readonly attempt: number;
  /** The process that ran it: host and process id. */
  readonly worker: string;
  readonly startedAt: Date;
  /** Null while it runs. */
  readonly finishedAt: Date | null;
  readonly outcome: JobOutcome;
  /** What it did, or why it failed. */
  readonly detail: string | null;
}

/** So many runs of each job are kept, the latest. */
const KEPT = 200;

const MAX_DETAIL = 2_000;

export class JobRunRepository {
  constructor(private readonly connection: Connection) {}

  /**
   * Notes that a run begins. One of the same job that is still noted as running was lost: there is never more than
   * one at a time.
   *
   * @returns its number, for {@link finish}.
   */
  async start(run: Pick<JobRun, 'job' | 'attempt' | 'worker' | 'startedAt'>): Promise<bigint> {
    const { job, attempt, worker, startedAt } = run;
    await this.connection.$executeRaw`
      update job_runs set outcome = 'LOST', finished_at = ${startedAt} where job = ${job} and outcome = 'RUNNING'`;
    await this.connection.$executeRaw`
      delete from job_runs where job = ${job} and id <= (
        select id from job_runs where job = ${job} order by id desc offset ${KEPT - 1} limit 1)`;
    const [row] = await this.connection.$queryRaw<{ id: bigint }[]>`
      insert into job_runs (job, attempt, worker, started_at, outcome)
      values (${job}, ${attempt}, ${worker}, ${startedAt}, 'RUNNING') returning id`;
    if (row === undefined) throw new Error('A run was not stored.');
    return row.id;
  }

  /** Notes how a run ended, unless it was given up for lost meanwhile. */
  async finish(
    id: bigint,
    { finishedAt, outcome, detail }: { finishedAt: Date; outcome: JobOutcome; detail: string },
  ): Promise<void> {
    await this.connection.$executeRaw`
      update job_runs set finished_at = ${finishedAt}, outcome = ${outcome}, detail = ${detail.slice(0, MAX_DETAIL)}
      where id = ${id} and outcome = 'RUNNING'`;
  }

  /** The last run of each of these jobs; those never run are left out. */
  async last(jobs: readonly string[]): Promise<Map<string, JobRun>> {
    const runs = await this.connection.$queryRaw<JobRun[]>`
      select r.job, r.attempt, r.worker, r.started_at as "startedAt", r.finished_at as "finishedAt", r.outcome, r.detail
      from unnest(${[...jobs]}::text[]) as j(name)
      cross join lateral (select * from job_runs where job = j.name order by started_at desc, id desc limit 1) r`;
    return new Map(runs.map((run) => [run.job, run]));
  }
}
