/** The measured gateway: `bellwether serve` on a state of the suite, with its jobs in a worker process. */
import { SECOND_MS } from '../../dist/lib/time.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { once } from 'node:events';
import { MINUTE_MS } from '../../dist/lib/time.js';
import { startBenchGateway, type BenchGateway } from '../bench-gateway.ts';
import { feedBody } from '../year/requests.ts';
import { userKeyOf } from '../year/keys.ts';
import type { YearState } from '../year/build-state.ts';
import type { CorePlan } from './cores.ts';
import type { MeasuredServer } from './measured-server.ts';
import type { ProfileMessage } from './profile-probe.ts';
import { startServer } from './ready-server.ts';
import { feedProblem, type Problem } from './responses.ts';

/** Jobs whose results feeds need, and one that would disturb the first runs on a new state. */
const JOBS = ['trends', 'momentum', 'attention', 'profile-upkeep'];
/** Trends are computed every minute; those of the last session are too old. */
const FREQUENT_JOB = 'trends';
const JOBS_WITHIN_MS = 300_000;
const FEEDS_PER_EVENT = 10;
/** The users that are drawn most often send more than a person does. */
const RATE_LIMIT = { points: 1_000_000_000, seconds: 60 };
/** Markets of the events: the first of the catalog, so that every catalog gets the same events. */
const EVENT_MARKETS = 2_000;

export interface MeasuredGateway extends MeasuredServer {
  readonly state: YearState;
  readonly marketIds: readonly string[];
  /** `data.feed` of one user. */
  sampleFeed(): Promise<unknown>;
  /** Writes a CPU profile of the gateway during some work to a file. */
  profile<Result>(file: string, work: () => Promise<Result>): Promise<Result>;
}

/** @param env further settings of the gateway. */
export async function openGateway(
  state: YearState,
  cores: CorePlan,
  env: Readonly<Record<string, string>> = {},
): Promise<MeasuredGateway> {
  const { dataDir, catalog, size } = state;
  const gateway = await startBenchGateway(
    { rateLimits: { client: RATE_LIMIT } },
    {
      ...{ dataDir, flags: ['--no-jobs'], launcher: cores.server, env },
      nodeOptions: [`--import=${new URL('profile-probe.ts', import.meta.url).href}`],
    },
  );
  try {
    const worker = await startServer(
      [...cores.others, process.execPath, 'dist/main.js', 'worker'],
      /ready: running jobs/,
      { BELLWETHER_DATA_DIR: dataDir, DATABASE_URL: '', LOG_LEVEL: 'info' },
    );
    try {
      await awaitJobs(gateway, state);
      await sampleFeed(gateway.url);
    } catch (error) {
      await worker.close();
      throw error;
    }
    const marketIds = catalog.open.slice(0, EVENT_MARKETS).map(({ id }) => id);
    const count = catalog.open.length.toLocaleString('en');
    return {
      ...{ name: `bellwether-${catalog.open.length}`, title: `Bellwether feed, ${count} markets` },
      ...{ url: gateway.url, pid: gateway.pid, state, marketIds },
      traffic: { type: 'feed', users: size.users, marketIds, feedsPerEvent: FEEDS_PER_EVENT },
      sampleFeed: () => sampleFeed(gateway.url),
      profile: async (file, work) => {
        const send = async (message: ProfileMessage): Promise<void> => {
          const done = once(gateway.process, 'message');
          gateway.process.send(message);
          await done;
        };
        await send({ profile: 'start' });
        try {
          return await work();
        } finally {
          await send({ profile: 'stop', file });
        }
      },
      close: async () => {
        await worker.close();
        await gateway.close();
      },
    };
  } catch (error) {
    await gateway.close();
    throw error;
  }
}

/** Waits for the results of the jobs, so that no run is slowed down by them or lacks trends. */
async function awaitJobs({ database }: BenchGateway, { builtAtMs }: YearState): Promise<void> {
  const startedAt = new Date(Date.now() - MINUTE_MS);
  const deadlineMs = performance.now() + JOBS_WITHIN_MS;
  while (performance.now() < deadlineMs) {
    const { rows } = await database.query<{ job: string }>(
      `select distinct job from job_runs where outcome = 'SUCCEEDED' and job = any ($1)
         and started_at > case when job = $2 then $3 else $4 end::timestamptz`,
      [JOBS, FREQUENT_JOB, startedAt, new Date(builtAtMs)],
    );
    if (rows.length === JOBS.length) return;
    await sleep(200);
  }
  throw new Error(`The jobs ${JOBS.join(', ')} did not succeed within ${JOBS_WITHIN_MS / 1_000} s.`);
}

/** The gateway reads the results of jobs every second, so that the first feeds can be degraded by old trends. */
const RESULTS_WITHIN_MS = 10 * SECOND_MS;

async function sampleFeed(url: string): Promise<unknown> {
  const deadlineMs = performance.now() + RESULTS_WITHIN_MS;
  for (;;) {
    const { body, problem } = await requestFeed(url);
    if (problem === undefined) return (JSON.parse(body) as { data: { feed: unknown } }).data.feed;
    if (!('degradedBy' in problem) || performance.now() > deadlineMs) {
      throw new Error(
        `The gateway does not return a good feed (${JSON.stringify(problem)}): ${body.slice(0, 500)}`,
      );
    }
    await sleep(200);
  }
}

async function requestFeed(
  url: string,
): Promise<{ readonly body: string; readonly problem: Problem | undefined }> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: feedBody(userKeyOf(0)),
  });
  const body = await response.text();
  return { body, problem: feedProblem(body) };
}
