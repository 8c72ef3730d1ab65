import autocannon from 'autocannon';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { anyUserOf, batchBody, cohortNamed, drawEvent, eventBody, recordedIn } from './requests.ts';
import type { Measurement, Result } from './result.ts';
import { withSite, type Site } from './site.ts';
import { round } from './statistics.ts';

const WARM_UP_SECONDS = 3;
const BATCH = 100;

/** Events of month-old users as fast as they are answered. */
export const events: Measurement = {
  name: 'events',
  description: 'single events and batches per second, users of a month',
  run: (state, { seconds }) =>
    withSite(state, { jobs: false }, async (site) => {
      await peakOf(site, { batch: 1, connections: 16, seconds: WARM_UP_SECONDS });
      const single = await peakOf(site, { batch: 1, connections: 16, seconds });
      const batches = await peakOf(site, { batch: BATCH, connections: 8, seconds });
      const results: Result[] = [
        {
          what: 'Single events, 16 connections',
          value: `${round(single.rate)}/s, p50 ${single.p50} ms, p99 ${single.p99} ms, ${single.bad} errors`,
          ...{ target: '≥ 2,000/s, p99 < 25 ms', met: single.rate >= 2_000 && single.p99 < 25 },
          numbers: single,
        },
        {
          what: `Batches of ${BATCH}, 8 connections`,
          value: `${round(batches.rate)}/s, p99 ${batches.p99} ms, ${batches.bad} errors`,
          ...{ target: '≥ 10,000/s', met: batches.rate >= 10_000 },
          numbers: batches,
        },
      ];
      return results;
    }),
};

/** Recorded events a second, in a closed loop. */
export async function peakOf(
  { url, state }: Site,
  { batch, connections, seconds }: { batch: number; connections: number; seconds: number },
): Promise<{ rate: number; p50: number; p99: number; bad: number }> {
  const rng = xoroshiro128plus(11 + batch);
  const cohort = cohortNamed(state.cohorts, 'month');
  const open = state.catalog.open;
  const next = () => drawEvent(rng, anyUserOf(rng, cohort), open);
  let recorded = 0;
  const result = await autocannon({
    ...{ url, connections, duration: seconds },
    requests: [
      {
        ...{ method: 'POST', path: '/graphql', headers: { 'content-type': 'application/json' } },
        setupRequest: (request) => ({
          ...request,
          body: batch === 1 ? eventBody(next()) : batchBody(Array.from({ length: batch }, next)),
        }),
        onResponse: (_status, body) => {
          recorded += recordedIn(body);
        },
      },
    ],
    verifyBody: (body) => typeof body === 'string' && recordedIn(body) === batch,
  });
  const { p50, p99 } = result.latency;
  const bad = result.errors + result.timeouts + result.non2xx + result.mismatches;
  return { rate: recorded / result.duration, p50, p99, bad };
}
