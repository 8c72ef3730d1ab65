import autocannon from 'autocannon';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { anyUserOf, batchBody, cohortNamed, drawEvent, eventBody, recordedIn } from './requests.ts';
import type { Measurement, Result } from './result.ts';
import { withSite, type Site } from './site.ts';
import { quantile, round } from './statistics.ts';

const WARM_UP_SECONDS = 3;
const BATCH = 100;
const ROUNDS = 3;

/** What a closed loop achieved. */
interface Peak {
  /** Recorded events a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Requests that were not answered as they should. */
  readonly bad: number;
}

/** Events of month-old users as fast as they are answered. */
export const events: Measurement = {
  name: 'events',
  description: 'single events and batches per second, users of a month',
  run: (state, { seconds }) =>
    withSite(state, { jobs: false }, async (site) => {
      await peakOf(site, { batch: 1, connections: 16, seconds: WARM_UP_SECONDS });
      const singles: Peak[] = [];
      const batches: Peak[] = [];
      for (let number = 0; number < ROUNDS; number += 1) {
        singles.push(await peakOf(site, { batch: 1, connections: 16, seconds }));
        batches.push(await peakOf(site, { batch: BATCH, connections: 8, seconds }));
      }
      const single = medianOf(singles);
      const batch = medianOf(batches);
      const results: Result[] = [
        {
          what: `Single events, 16 connections, ${ROUNDS} rounds`,
          value: `${ratesOf(singles)}, p50 ${round(single.p50)}, p99 ${round(single.p99)} ms, ${single.bad} errors`,
          ...{ target: '≥ 2,000/s, p99 < 25 ms', met: single.rate >= 2_000 && single.p99 < 25 },
          numbers: { ...single },
        },
        {
          what: `Events in batches of ${BATCH}, 8 connections, ${ROUNDS} rounds`,
          value: `${ratesOf(batches)}, p99 ${round(batch.p99)} ms a batch, ${batch.bad} errors`,
          ...{ target: '≥ 10,000/s', met: batch.rate >= 10_000 },
          numbers: { ...batch },
        },
      ];
      return results;
    }),
};

/** Each number's median, and all errors. */
function medianOf(rounds: readonly Peak[]): Peak {
  const median = (of: (peak: Peak) => number): number => quantile(rounds.map(of), 0.5);
  return {
    rate: median(({ rate }) => rate),
    p50: median(({ p50 }) => p50),
    p99: median(({ p99 }) => p99),
    bad: rounds.reduce((sum, { bad }) => sum + bad, 0),
  };
}

function ratesOf(rounds: readonly Peak[]): string {
  const rates = rounds.map(({ rate }) => rate);
  return `${round(quantile(rates, 0.5))}/s (${round(Math.min(...rates))}–${round(Math.max(...rates))})`;
}

/** Events of month-old users in a closed loop. */
export async function peakOf(
  { url, state }: Site,
  {
    batch,
    connections,
    seconds,
    rate,
  }: { batch: number; connections: number; seconds: number; rate?: number },
): Promise<Peak> {
  const rng = xoroshiro128plus(11 + batch);
  const cohort = cohortNamed(state.cohorts, 'month');
  const open = state.catalog.open;
  const next = () => drawEvent(rng, anyUserOf(rng, cohort), open);
  let recorded = 0;
  const result = await autocannon({
    ...{ url, connections, duration: seconds, ...(rate === undefined ? {} : { overallRate: rate }) },
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
