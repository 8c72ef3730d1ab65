import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { YearState } from './build-state.ts';
import { userKeyOf } from './keys.ts';
import { peakOf } from './measure-events.ts';
import { cohortNamed, drawEvent, eventBody, recordedIn } from './requests.ts';
import type { Measurement, Result } from './result.ts';
import { withSite, type Site } from './site.ts';
import type { Cohort } from './size.ts';
import { quantile, spreadOf } from './statistics.ts';

const USERS = 40;
const EVENTS_OF_SESSION = 30;
const AFTER_CHECKPOINT = 15;
const WARM_UP_SECONDS = 5;
const MAX_P95_BYTES = 4 * 1024;

/** WAL of single events, one at a time, in sessions; whole page images included. */
export const walPerEvent: Measurement = {
  name: 'wal',
  description: 'bytes of write-ahead log per event',
  run: (state: YearState): Promise<Result[]> =>
    withSite(state, { jobs: false }, async (site) => {
      // A site is seldom right after a checkpoint: this writes the events of some minutes at 100 a second.
      await peakOf(site, { batch: 100, connections: 4, seconds: WARM_UP_SECONDS });
      return measureAll(site);
    }),
};

async function measureAll(site: Site): Promise<Result[]> {
  return [...(await sessions(site, 'month')), ...(await sessions(site, 'year')), await afterCheckpoint(site)];
}

async function sessions(site: Site, name: Cohort['name']): Promise<Result[]> {
  const cohort = cohortNamed(site.state.cohorts, name);
  const rng = xoroshiro128plus(7);
  const open = site.state.catalog.open;
  const all: number[] = [];
  for (let index = 0; index < USERS; index += 1) {
    // One user of each history, as far as there are so many.
    const userKey = userKeyOf(cohort.first + cohort.templates + (index % (cohort.count - cohort.templates)));
    for (let event = 0; event < EVENTS_OF_SESSION; event += 1) {
      all.push(await walOf(site, eventBody(drawEvent(rng, userKey, open))));
    }
  }
  const p95 = quantile(all, 0.95);
  return [
    {
      what: `WAL per event, ${name}, ${USERS} sessions of ${EVENTS_OF_SESSION}`,
      value: spreadOf(all, 'bytes'),
      ...{ target: 'p95 ≤ 4 KB, 2 KB typical', met: p95 <= MAX_P95_BYTES },
      numbers: { p50: quantile(all, 0.5), p95, max: quantile(all, 1) },
    },
  ];
}

async function afterCheckpoint(site: Site): Promise<Result> {
  const { first, count } = cohortNamed(site.state.cohorts, 'year');
  const rng = xoroshiro128plus(8);
  const all: number[] = [];
  for (let index = 0; index < AFTER_CHECKPOINT; index += 1) {
    await site.database.query('checkpoint');
    const userKey = userKeyOf(first + count - 1 - index);
    all.push(await walOf(site, eventBody(drawEvent(rng, userKey, site.state.catalog.open))));
  }
  return {
    what: 'WAL of the first event after a checkpoint, year',
    value: spreadOf(all, 'bytes'),
    numbers: { p50: quantile(all, 0.5), p95: quantile(all, 0.95), max: quantile(all, 1) },
  };
}

async function walOf(site: Site, body: string): Promise<number> {
  const before = await site.walBytes();
  const response = await fetch(`${site.url}/graphql`, {
    ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body },
  });
  const answer = await response.text();
  if (recordedIn(answer) !== 1) throw new Error(`An event was not recorded: ${answer}`);
  return (await site.walBytes()) - before;
}
