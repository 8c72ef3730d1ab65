import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { pacedLoad } from '../paced-load.ts';
import { userKeyOf } from './keys.ts';
import { peakOf } from './measure-events.ts';
import { cohortNamed, drawEvent, eventBody, recordedIn } from './requests.ts';
import type { Measurement, Result } from './result.ts';
import { withSite, type Site } from './site.ts';
import { quantile, round } from './statistics.ts';

const ROUNDS = 3;
const BURST = 3_000;
/** As many as there are requests, so that none waits for another one in the client. */
const BURST_CONNECTIONS = 3_000;
const OVERLOAD = 3;
/** Requests that are offered at a time; more wait in the client. */
const OVERLOAD_CONNECTIONS = 1_000;

interface Offered {
  readonly recorded: number;
  /** Rejected as UNAVAILABLE. */
  readonly rejected: number;
  /** Without an answer. */
  readonly failed: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
  readonly p99Ms: number;
  readonly loopMaxMs: number;
}

/** Events of as many users within one second. */
export const burst: Measurement = {
  name: 'burst',
  description: '3,000 events of 3,000 users of a month within one second',
  run: (state) =>
    withSite(state, { jobs: false }, async (site) => {
      await peakOf(site, { batch: 1, connections: 16, seconds: 2 });
      const { first, count } = cohortNamed(state.cohorts, 'month');
      const rng = xoroshiro128plus(13);
      const open = state.catalog.open;
      const results: Result[] = [];
      for (let number = 1; number <= ROUNDS; number += 1) {
        // Other users each time, as far as there are so many.
        const bodies = Array.from({ length: BURST }, (_, index) =>
          eventBody(drawEvent(rng, userKeyOf(first + ((number * BURST + index) % count)), open)),
        );
        const options = { connections: BURST_CONNECTIONS, rate: BURST, seconds: 1 };
        const offered = await offer(site, { ...options, nextBody: () => bodies.pop() ?? '' });
        const { recorded, rejected, seconds, p99Ms, loopMaxMs } = offered;
        results.push({
          what: `Burst of ${BURST.toLocaleString('en')} events, round ${number}`,
          value:
            `${countsOf(offered)}, last answer after ${seconds.toFixed(2)} s, p99 ${round(p99Ms)} ms, ` +
            `loop delay at most ${round(loopMaxMs)} ms`,
          target: 'all within 3 s or rejected early, loop delay ≤ 50 ms',
          met: recorded + rejected === BURST && seconds <= 3 && loopMaxMs <= 50,
          numbers: { ...offered },
        });
      }
      return results;
    }),
};

/** What is recorded when three times as much is offered as can be. */
export const overload: Measurement = {
  name: 'overload',
  description: 'goodput when three times the peak is offered',
  run: (state, { seconds }) =>
    withSite(state, { jobs: false }, async (site) => {
      await peakOf(site, { batch: 1, connections: 16, seconds: 3 });
      const results: Result[] = [];
      for (let number = 1; number <= ROUNDS; number += 1) {
        const peak = await peakOf(site, { batch: 1, connections: 64, seconds });
        const rate = Math.ceil(OVERLOAD * peak.rate);
        site.resetLoop();
        const {
          rate: goodput,
          bad,
          p99,
        } = await peakOf(site, {
          ...{ batch: 1, connections: OVERLOAD_CONNECTIONS, seconds, rate },
        });
        const { maxMs } = await site.readLoop();
        const share = goodput / peak.rate;
        results.push({
          what: `Overload, ${rate.toLocaleString('en')}/s for ${seconds} s, round ${number}`,
          value:
            `${round(goodput)}/s, ${round(100 * share)} % of the peak of ${round(peak.rate)}/s; ` +
            `${bad} not recorded, p99 ${p99} ms, loop delay at most ${round(maxMs)} ms`,
          ...{ target: '≥ 90 % of the peak', met: share >= 0.9 },
          numbers: { goodput, peak: peak.rate, share, bad, p99, loopMaxMs: maxMs },
        });
      }
      return results;
    }),
};

async function offer(
  site: Site,
  load: { connections: number; rate: number; seconds: number; nextBody: () => string },
): Promise<Offered> {
  let recorded = 0;
  let rejected = 0;
  let failed = 0;
  site.resetLoop();
  const { latenciesMs, seconds } = await pacedLoad({
    ...load,
    url: new URL(`${site.url}/graphql`),
    onAnswer: (body) => {
      recorded += recordedIn(body);
      if (body.includes('UNAVAILABLE')) rejected += 1;
    },
    onFailure: () => (failed += 1),
  });
  const { maxMs } = await site.readLoop();
  return { recorded, rejected, failed, seconds, p99Ms: quantile(latenciesMs, 0.99), loopMaxMs: maxMs };
}

function countsOf({ recorded, rejected, failed }: Offered): string {
  return `${recorded} recorded, ${rejected} rejected, ${failed} without an answer`;
}
