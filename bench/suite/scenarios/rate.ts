import { quantile } from '../../year/statistics.ts';
import { short, whole } from '../format.ts';
import { withLiveness } from '../liveness.ts';
import { spreadOf, type Scenario } from '../suite.ts';

const PEAK_CONNECTIONS = 16;
const OVERLOAD = 3;
/** The overload lasts so many times as long as a run of the other scenarios: 60 s by default. */
const LENGTH = 6;
/** More than the gateway serves at once, so that requests wait in the gateway and not in the load process. */
const OVERLOAD_CONNECTIONS = 512;
const MIN_GOODPUT = 0.9;
const MAX_LIVEZ_MS = 100;

/** Requests at a constant rate that is three times what the gateway can serve. */
export const rate: Scenario = {
  name: 'rate',
  description: 'three times the measured capacity at a constant rate: goodput and GET /livez',
  run: async (suite) =>
    suite.withGateways([await suite.stateOf(suite.options.markets)], async ([gateway]) => {
      if (gateway === undefined) throw new Error('There is no gateway.');
      const { rounds, seconds } = suite.options;
      suite.begin('rate', (1 + rounds + LENGTH) * seconds);
      await suite.run(gateway, { seconds, connections: PEAK_CONNECTIONS });
      const peaks: number[] = [];
      const totals: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const { answered } = await suite.run(gateway, { seconds, connections: PEAK_CONNECTIONS });
        peaks.push(answered.feed?.perSecond ?? 0);
        totals.push((answered.feed?.perSecond ?? 0) + (answered.event?.perSecond ?? 0));
      }
      const peak = spreadOf(peaks).median;
      const offered = Math.ceil(OVERLOAD * spreadOf(totals).median);
      const { result, latenciesMs, failures } = await withLiveness(gateway.url, () =>
        suite.run(gateway, {
          ...{ seconds: LENGTH * seconds, connections: OVERLOAD_CONNECTIONS, rate: offered },
          mayShed: true,
        }),
      );
      suite.end();
      const feeds = result.answered.feed;
      const goodput = feeds?.perSecond ?? 0;
      const share = goodput / peak;
      const slowest = quantile(latenciesMs, 1);
      return {
        head: ['load', 'feeds/s', 'p50 ms', 'p99 ms', '503/s', 'degraded', 'unsent'],
        rows: [
          [`${PEAK_CONNECTIONS} connections`, whole(peak), '', '', '', '', ''],
          [
            `${whole(offered)} requests/s for ${LENGTH * seconds} s`,
            ...[whole(goodput), short(feeds?.p50Ms ?? NaN), short(feeds?.p99Ms ?? NaN)],
            ...[whole(result.shed.perSecond), String(result.degraded), String(result.unsent)],
          ],
        ],
        notes: [
          `GET /livez, ${latenciesMs.length} requests: p50 ${short(quantile(latenciesMs, 0.5))} ms, ` +
            `p99 ${short(quantile(latenciesMs, 0.99))} ms, longest ${short(slowest)} ms, ${failures} failed.`,
        ],
        ratios: {},
        numbers: { peak, offered, goodput, livezMaxMs: slowest, rejected: result.shed.count },
        targets: [
          {
            what: `Goodput at ${OVERLOAD} times the capacity`,
            value: `${short(100 * share)}% of the peak`,
            ...{ target: `at least ${100 * MIN_GOODPUT}%`, met: share >= MIN_GOODPUT },
          },
          {
            what: 'Longest GET /livez',
            value: `${short(slowest)} ms, ${failures} failed`,
            ...{ target: `under ${MAX_LIVEZ_MS} ms`, met: slowest < MAX_LIVEZ_MS && failures === 0 },
          },
        ],
      };
    }),
};
