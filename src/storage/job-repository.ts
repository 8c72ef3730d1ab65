import type { Connection } from './sql.js';

/** LOST: the worker process ended during the run. */
export type JobOutcome = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'LOST';

/** One attempt at a job. */
export interface JobRun {
  readonly job: string;
  /** From 1; grows with each retry of a run. */
  readonly attempt: number;
  /** Host and process id of the worker. */
  readonly worker: string;
  readonly startedAt: Date;
  /** Null while it runs. */
  readonly finishedAt: Date | null;
  readonly outcome: JobOutcome;
  /** Summary of the result, or the reason of the failure. */
  readonly detail: string | null;
}

/** Number of runs kept per job, the latest ones. */
const RUNS_KEPT = 200;

const MAX_DETAIL_LENGTH = 2_000;

export class JobRunRepository {
  constructor(private readonly connection: Connection) {}

  /**
   * Records the start of a run. A job has at most one run at a time, so a run of the same job that is still recorded as
   * running was lost.
   *
   * @returns the id of the run, for {@link finish}.
   */
  async start(run: Pick<JobRun, 'job' | 'attempt' | 'worker' | 'startedAt'>): Promise<bigint> {
    const { job, attempt, worker, startedAt } = run;
    await this.connection.jobRun.updateMany({
      where: { job, outcome: 'RUNNING' },
      data: { outcome: 'LOST', finishedAt: startedAt },
    });
    // SQL: Prisma cannot delete by a subquery.
    await this.connection.$executeRaw`
      delete from job_runs where job = ${job} and id <= (
        select id from job_runs where job = ${job} order by id desc offset ${RUNS_KEPT - 1} limit 1)`;
    const { id } = await this.connection.jobRun.create({
      data: { job, attempt, worker, startedAt, outcome: 'RUNNING' },
      select: { id: true },
    });
    return id;
  }

  /** Records the end of a run, unless it was recorded as lost. */
  async finish(
    id: bigint,
    { finishedAt, outcome, detail }: { finishedAt: Date; outcome: JobOutcome; detail: string },
  ): Promise<void> {
    await this.connection.jobRun.updateMany({
      where: { id, outcome: 'RUNNING' },
      data: { finishedAt, outcome, detail: detail.slice(0, MAX_DETAIL_LENGTH) },
    });
  }

  /**
   * Returns the last run of each of these jobs; jobs that never ran are left out.
   *
   * SQL: for `distinct`, Prisma reads all runs of the jobs.
   */
  async last(jobs: readonly string[]): Promise<Map<string, JobRun>> {
    const runs = await this.connection.$queryRaw<JobRun[]>`
      select r.job, r.attempt, r.worker, r.started_at as "startedAt", r.finished_at as "finishedAt", r.outcome, r.detail
      from unnest(${[...jobs]}::text[]) as j(name)
      cross join lateral (select * from job_runs where job = j.name order by started_at desc, id desc limit 1) r`;
    return new Map(runs.map((run) => [run.job, run]));
  }
}

/** The positions at which runs of jobs ended early, from which the next runs continue. */
export class JobPositionRepository {
  constructor(private readonly connection: Connection) {}

  /** Undefined if the last run was complete. */
  async find(job: string): Promise<string | undefined> {
    return (await this.connection.jobPosition.findUnique({ where: { job } }))?.position;
  }

  async save(job: string, position: string): Promise<void> {
    await this.connection.jobPosition.upsert({
      where: { job },
      create: { job, position },
      update: { position },
    });
  }

  async clear(job: string): Promise<void> {
    await this.connection.jobPosition.deleteMany({ where: { job } });
  }
}
