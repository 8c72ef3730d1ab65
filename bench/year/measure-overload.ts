import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { pacedLoad } from '../paced-load.ts';
import { userKeyOf } from './keys.ts';
import { peakOf } from './measure-events.ts';
import { anyUserOf, cohortNamed, drawEvent, eventBody, recordedIn } from './requests.ts';
import type { Measurement } from './result.ts';
import { withSite } from './site.ts';
import { quantile, round } from './statistics.ts';

const BURST = 3_000;
/** As many as there are requests, so that none waits for another one in the client. */
const BURST_CONNECTIONS = 3_000;
const OVERLOAD = 3;
const OVERLOAD_CONNECTIONS = 5_000;

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
      const bodies = Array.from({ length: BURST }, (_, index) =>
        eventBody(drawEvent(rng, userKeyOf(first + (index % count)), open)),
      );
      let recorded = 0;
      let rejected = 0;
      let failed = 0;
      site.resetLoop();
      const { latenciesMs, seconds } = await pacedLoad({
        ...{ url: new URL(`${site.url}/graphql`), connections: BURST_CONNECTIONS, rate: BURST, seconds: 1 },
        nextBody: () => bodies.pop() ?? '',
        onAnswer: (body) => {
          recorded += recordedIn(body);
          if (body.includes('UNAVAILABLE')) rejected += 1;
        },
        onFailure: () => (failed += 1),
      });
      const { maxMs } = await site.readLoop();
      return [
        {
          what: `Burst of ${BURST.toLocaleString('en')} events`,
          value:
            `${recorded} recorded, ${rejected} rejected as UNAVAILABLE, ${failed} without an answer, last answer after ${seconds.toFixed(2)} s, ` +
            `p99 ${round(quantile(latenciesMs, 0.99))} ms, loop delay at most ${round(maxMs)} ms`,
          target: 'all within 3 s or rejected early, loop delay ≤ 50 ms',
          met: recorded + rejected === BURST && seconds <= 3 && maxMs <= 50,
          numbers: { recorded, rejected, failed, seconds, loopMaxMs: maxMs },
        },
      ];
    }),
};

/** What is recorded when three times as much is offered as can be. */
export const overload: Measurement = {
  name: 'overload',
  description: 'goodput when three times the peak is offered',
  run: (state, { seconds }) =>
    withSite(state, { jobs: false }, async (site) => {
      await peakOf(site, { batch: 1, connections: 16, seconds: 3 });
      const peak = await peakOf(site, { batch: 1, connections: 64, seconds });
      const cohort = cohortNamed(state.cohorts, 'month');
      const rng = xoroshiro128plus(17);
      const open = state.catalog.open;
      let recorded = 0;
      let rejected = 0;
      let failed = 0;
      const rate = Math.ceil(OVERLOAD * peak.rate);
      site.resetLoop();
      const offered = await pacedLoad({
        ...{ url: new URL(`${site.url}/graphql`), connections: OVERLOAD_CONNECTIONS, rate, seconds },
        nextBody: () => eventBody(drawEvent(rng, anyUserOf(rng, cohort), open)),
        onAnswer: (body) => {
          recorded += recordedIn(body);
          if (body.includes('UNAVAILABLE')) rejected += 1;
        },
        onFailure: () => (failed += 1),
      });
      const loop = await site.readLoop();
      const goodput = recorded / offered.seconds;
      const share = goodput / peak.rate;
      return [
        {
          what: `Overload: ${rate.toLocaleString('en')}/s offered for ${seconds} s`,
          value:
            `${round(goodput)}/s recorded, ${round(100 * share)} % of the peak of ${round(peak.rate)}/s; ` +
            `${rejected} rejected, ${failed} without an answer, loop delay at most ${round(loop.maxMs)} ms`,
          ...{ target: '≥ 90 % of the peak', met: share >= 0.9 },
          numbers: { goodput, peak: peak.rate, share, rejected, failed, loopMaxMs: loop.maxMs },
        },
      ];
    }),
};
