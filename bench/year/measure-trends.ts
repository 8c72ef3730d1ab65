import { setTimeout as sleep } from 'node:timers/promises';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { endedRun, runJob } from './job-runs.ts';
import { userKeyOf } from './keys.ts';
import { memoryGrowth } from './memory.ts';
import { anyUserOf, batchBody, cohortNamed, drawEvent } from './requests.ts';
import type { Measurement, Result } from './result.ts';
import { withSite, type Site } from './site.ts';
import { quantile, round } from './statistics.ts';

/** Events of a minute at 100 a second. */
const EVENTS_OF_MINUTE = 6_000;
const BATCH = 500;
const ROUNDS = 5;
const TREND_USERS = 400;
const SHOWS_WITHIN_S = 180;
const MAX_TRIES = 60;

const JOBS = [
  { name: 'trends', maxSeconds: 2 },
  { name: 'momentum', maxSeconds: 2 },
  { name: 'attention', maxSeconds: 10 },
] as const;

/** Runs of the trend jobs, each after the events of a minute. */
export const trends: Measurement = {
  name: 'trends',
  description: 'time and memory of runs of trends, momentum and popularity',
  run: (state) =>
    withSite(state, { jobs: true }, async (site) => {
      const results: Result[] = [];
      for (const { name } of JOBS) {
        const { durationMs } = await endedRunOfStart(site, name);
        results.push({
          what: `First run of ${name} on the state`,
          value: `${round(durationMs / 1_000)} s`,
          numbers: { seconds: durationMs / 1_000 },
        });
      }
      const times = new Map<string, number[]>(JOBS.map(({ name }) => [name, []]));
      const growths = new Map<string, number[]>(JOBS.map(({ name }) => [name, []]));
      for (let number = 0; number < ROUNDS; number += 1) {
        await sendMinute(site, number);
        for (const { name } of JOBS) {
          const grown = await memoryGrowth(site, async () => {
            times.get(name)?.push((await runJob(site, name)).durationMs / 1_000);
          });
          growths.get(name)?.push(grown);
        }
      }
      for (const { name, maxSeconds } of JOBS) {
        const seconds = quantile(times.get(name) ?? [], 0.5);
        const longest = quantile(times.get(name) ?? [], 1);
        const megabytes = quantile(growths.get(name) ?? [], 1);
        results.push({
          what: `Run of ${name}, ${state.size.eventsOfDay.toLocaleString('en')} events in 24 h`,
          value: `median ${seconds.toFixed(2)} s, longest ${longest.toFixed(2)} s, ${round(megabytes)} MB more at most`,
          target: `≤ ${maxSeconds} s, ≤ 150 MB`,
          met: longest <= maxSeconds && megabytes <= 150,
          numbers: { seconds, longest, megabytes },
        });
      }
      return [...results, await reflection(site)];
    }),
};

function endedRunOfStart(site: Site, name: string) {
  return name === 'attention' ? runJob(site, name) : endedRun(site, name, site.state.builtAtMs);
}

async function sendMinute(site: Site, seed: number): Promise<void> {
  const rng = xoroshiro128plus(100 + seed);
  const cohort = cohortNamed(site.state.cohorts, 'month');
  const open = site.state.catalog.open;
  for (let sent = 0; sent < EVENTS_OF_MINUTE; sent += BATCH) {
    await send(
      site,
      batchBody(Array.from({ length: BATCH }, () => drawEvent(rng, anyUserOf(rng, cohort), open))),
    );
  }
}

/** How long it takes until a market that many users trade leads the trending list, by the jobs' own schedule. */
async function reflection(site: Site): Promise<Result> {
  const { first } = cohortNamed(site.state.cohorts, 'new');
  const before = JSON.stringify(await site.ask(TRENDING));
  const market = site.state.catalog.open.find(({ id }) => !before.includes(id));
  if (market === undefined) throw new Error('Every open market is trending.');
  const inputs = Array.from({ length: TREND_USERS }, (_, index) => ({
    ...{ userKey: userKeyOf(first + index), marketId: market.id, eventType: 'PARTICIPATE', stake: 10 },
    ...{ country: 'IL', clientEventId: `trend-${Date.now()}-${index}` },
  }));
  await send(site, batchBody(inputs));
  const startMs = performance.now();
  const seconds = (): number => (performance.now() - startMs) / 1_000;
  while (seconds() < SHOWS_WITHIN_S && !JSON.stringify(await site.ask(TRENDING)).includes(market.id)) {
    await sleep(500);
  }
  const shown = seconds();
  return {
    what: `A trend of ${TREND_USERS} users shows`,
    value: shown < SHOWS_WITHIN_S ? `after ${round(shown)} s` : `not within ${SHOWS_WITHIN_S} s`,
    ...{ target: 'within a minute', met: shown <= 60, numbers: { seconds: shown } },
  };
}

const TRENDING = '{ trending(limit: 100) { markets { market { id } } } }';

/** Sends a batch, again while it is rejected as a whole for want of capacity. */
async function send(site: Site, body: string): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const response = await fetch(`${site.url}/graphql`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body },
    });
    const answer = await response.text();
    if (!answer.includes('"errors"') && !answer.includes('REJECTED')) return;
    if (!answer.includes('UNAVAILABLE')) throw new Error(answer.slice(0, 500));
    await sleep(1_000);
  }
  throw new Error(`A batch was not recorded in ${MAX_TRIES} tries.`);
}
