import { setTimeout as sleep } from 'node:timers/promises';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { MINUTE_MS } from '../../dist/lib/time.js';
import { pacedLoad } from '../paced-load.ts';
import { runJob } from './job-runs.ts';
import { userKeyOf } from './keys.ts';
import { startMarketSource } from './market-source.ts';
import { drawEvent, eventBody, feedBody, recordedIn } from './requests.ts';
import type { Measurement } from './result.ts';
import { drawUser } from './site-traffic.ts';
import { withSite } from './site.ts';
import { quantile, round } from './statistics.ts';

const RATE = 100;
const CONNECTIONS = 32;
/** Of the whole site; a smaller one moves as large a share of its prices. */
const MOVED_SHARE = 0.1;
const OPENED = 20;
const MAX_RESIDENT_MB = 900;

/** Everything at once: polling, jobs, events and feeds. */
export const mixed: Measurement = {
  name: 'mixed',
  description: 'loop delay, memory and answers while the site is used and its markets move',
  run: async (state, { minutes }) => {
    const { catalog, cohorts } = state;
    const open = catalog.open;
    const source = await startMarketSource(open);
    const sources = [
      {
        ...{ name: 'site', format: 'gamma', url: source.url, pageSize: 500, maxPages: 1_000 },
        ...{ everySeconds: 60, closeMissing: true },
      },
    ];
    try {
      return await withSite(state, { jobs: true, config: { sources } }, async (site) => {
        // The first reading brings what the source says differently from the built state.
        await runJob(site, 'poll-site');
        const prices = Math.round(MOVED_SHARE * open.length);
        const timer = setInterval(() => {
          source.change({ prices, opened: OPENED, closed: OPENED });
        }, MINUTE_MS);
        source.change({ prices, opened: OPENED, closed: OPENED });
        const rng = xoroshiro128plus(19);
        const user = (): string => userKeyOf(drawUser(rng, cohorts));
        const url = new URL(`${site.url}/graphql`);
        let recorded = 0;
        let served = 0;
        let degraded = 0;
        const common = { url, connections: CONNECTIONS, rate: RATE };
        await sleep(5_000);
        site.resetLoop();
        const seconds = minutes * 60;
        const [ofEvents, ofFeeds] = await Promise.all([
          pacedLoad({
            ...{ ...common, seconds },
            nextBody: () => eventBody(drawEvent(rng, user(), open)),
            onAnswer: (body) => (recorded += recordedIn(body)),
          }),
          pacedLoad({
            ...{ ...common, seconds },
            nextBody: () => feedBody(user()),
            onAnswer: (body) => {
              if (body.includes('"hero":{') && !body.includes('"errors"')) served += 1;
              if (body.includes('"algorithmVersion":"fallback"')) degraded += 1;
            },
          }),
        ]).finally(() => clearInterval(timer));
        const loop = await site.readLoop();
        const at = (latencies: readonly number[]): string =>
          `p50 ${round(quantile(latencies, 0.5))}, p99 ${round(quantile(latencies, 0.99))} ms`;
        return [
          {
            what: `Loop delay, ${minutes} min of mixed load, ${open.length.toLocaleString('en')} open markets`,
            value: `p99 ${round(loop.p99Ms)}, max ${round(loop.maxMs)} ms`,
            ...{ target: 'p99 < 20 ms, max < 60 ms', met: loop.p99Ms < 20 && loop.maxMs < 60 },
            numbers: { p99Ms: loop.p99Ms, maxMs: loop.maxMs },
          },
          {
            what: 'Resident memory of the gateway at the most',
            value: `${round(loop.residentMb)} MB`,
            ...{ target: '< 900 MB', met: loop.residentMb < MAX_RESIDENT_MB },
            numbers: { residentMb: loop.residentMb },
          },
          {
            what: `${RATE} events a second`,
            value: `${recorded} of ${ofEvents.latenciesMs.length} recorded, ${at(ofEvents.latenciesMs)}`,
            numbers: { recorded, p99Ms: quantile(ofEvents.latenciesMs, 0.99) },
          },
          {
            what: `${RATE} feeds a second`,
            value: `${served} of ${ofFeeds.latenciesMs.length} served, ${degraded} degraded, ${at(ofFeeds.latenciesMs)}`,
            numbers: { served, degraded, p99Ms: quantile(ofFeeds.latenciesMs, 0.99) },
          },
        ];
      });
    } finally {
      await source.close();
    }
  },
};
