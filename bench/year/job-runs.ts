/** Runs jobs by the gateway's own worker. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Site } from './site.ts';

export interface JobRun {
  readonly durationMs: number;
  readonly detail: string;
}

interface JobsData {
  readonly jobs: readonly {
    readonly name: string;
    readonly lastRun: {
      readonly startedAt: string;
      readonly durationMs: number | null;
      readonly outcome: string;
      readonly detail: string | null;
    } | null;
  }[];
}

const LOOK_MS = 100;
const MAX_WAIT_MS = 3_600_000;

/** Waits for the end of a run that is waiting or under way, else of one that it requests. @throws as {@link runJob}. */
export async function joinRun(site: Site, name: string): Promise<JobRun> {
  const { rows } = await site.database.query<{ since: Date }>(
    `select coalesce((select max(started_at) from job_runs where job = $1 and finished_at is null), now()) as since`,
    [name],
  );
  await site.ask('mutation ($name: String!) { runJob(input: { name: $name }) { status } }', { name });
  return endedRun(site, name, rows[0]?.since.getTime() ?? 0);
}

/** Requests a run of its own and waits for its end. @throws when it fails, or takes more than an hour. */
export async function runJob(site: Site, name: string): Promise<JobRun> {
  for (;;) {
    const { rows } = await site.database.query<{ now: Date }>('select now()');
    const requestedMs = rows[0]?.now.getTime() ?? 0;
    const data = await site.ask('mutation ($name: String!) { runJob(input: { name: $name }) { status } }', {
      name,
    });
    const { status } = data['runJob'] as { status: string };
    if (status === 'REQUESTED') return endedRun(site, name, requestedMs);
    // A run waits or is under way, and may have begun before what it is to see.
    await sleep(LOOK_MS);
  }
}

/** The first run that began at or after an instant, once it has ended. @throws as {@link runJob}. */
export async function endedRun(site: Site, name: string, sinceMs: number): Promise<JobRun> {
  const deadlineMs = performance.now() + MAX_WAIT_MS;
  while (performance.now() < deadlineMs) {
    const data = (await site.ask(
      '{ jobs { name lastRun { startedAt durationMs outcome detail } } }',
    )) as unknown as JobsData;
    const run = data.jobs.find((job) => job.name === name)?.lastRun;
    if (run && run.durationMs !== null && Date.parse(run.startedAt) >= sinceMs) {
      if (run.outcome !== 'SUCCEEDED') throw new Error(`The job ${name} ${run.outcome}: ${run.detail ?? ''}`);
      return { durationMs: run.durationMs, detail: run.detail ?? '' };
    }
    await sleep(LOOK_MS);
  }
  throw new Error(`The job ${name} did not end within an hour.`);
}
