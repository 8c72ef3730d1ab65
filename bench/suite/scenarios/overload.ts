import { residentMegabytes } from '../../processes.ts';
import { short, whole } from '../format.ts';
import type { Report, Scenario, Target } from '../suite.ts';

const USUAL_CONNECTIONS = 16;
const OVERLOAD_CONNECTIONS = [64, 128];
/** A run lasts so many times as long as one of the other scenarios: 30 s by default. */
const LENGTH = 3;
const MAX_P99_RATIO = 3;
/** Memory is flat if it grows by at most this share from the end of the first run to the end of the last. */
const MAX_GROWTH = 0.1;

/** More connections than the gateway serves at once. */
export const overload: Scenario = {
  name: 'overload',
  description: 'feeds at 16, 64 and 128 connections: latency, rejected and degraded feeds, memory',
  run: async (suite) =>
    suite.withGateways([await suite.stateOf(suite.options.markets)], async ([gateway]) => {
      if (gateway === undefined) throw new Error('There is no gateway.');
      const seconds = LENGTH * suite.options.seconds;
      const all = [USUAL_CONNECTIONS, ...OVERLOAD_CONNECTIONS];
      suite.begin('overload', suite.options.seconds + seconds * all.length);
      await suite.run(gateway, { seconds: suite.options.seconds, connections: USUAL_CONNECTIONS });
      const runs = [];
      for (const connections of all) {
        const before = await residentMegabytes(gateway.pid);
        const run = await suite.run(gateway, { seconds, connections, mayShed: true });
        runs.push({ connections, run, before, after: await residentMegabytes(gateway.pid) });
      }
      suite.end();
      const [usual, ...overloaded] = runs;
      const usualP99 = usual?.run.answered.feed?.p99Ms ?? NaN;
      const growth = (runs.at(-1)?.after ?? NaN) / (usual?.after ?? NaN) - 1;
      const targets: Target[] = overloaded.flatMap(({ connections, run }): Target[] => {
        const ratio = (run.answered.feed?.p99Ms ?? NaN) / usualP99;
        return [
          {
            what: `Degraded feeds at ${connections} connections`,
            value: String(run.degraded),
            ...{ target: '0', met: run.degraded === 0 },
          },
          {
            what: `p99 of accepted feeds at ${connections} connections, relative to ${USUAL_CONNECTIONS}`,
            value: short(ratio),
            ...{ target: `at most ${MAX_P99_RATIO}`, met: ratio <= MAX_P99_RATIO },
          },
        ];
      });
      return {
        head: ['connections', 'feeds/s', 'p50 ms', 'p99 ms', '503/s', '503 p99 ms', 'degraded', 'memory MB'],
        rows: runs.map(({ connections, run, before, after }) => [
          String(connections),
          whole(run.answered.feed?.perSecond ?? 0),
          short(run.answered.feed?.p50Ms ?? NaN),
          short(run.answered.feed?.p99Ms ?? NaN),
          whole(run.shed.perSecond),
          run.shed.count === 0 ? '' : short(run.shed.p99Ms),
          String(run.degraded),
          `${whole(before)} to ${whole(after)}`,
        ]),
        notes: [`One run of ${seconds} s each. A connection sends its next request right after a 503.`],
        ratios: {},
        numbers: Object.fromEntries(
          runs.flatMap(({ connections, run, after }) => [
            [`feedsPerSecond${connections}`, run.answered.feed?.perSecond ?? 0],
            [`p99Ms${connections}`, run.answered.feed?.p99Ms ?? NaN],
            [`rejected${connections}`, run.shed.count],
            [`degraded${connections}`, run.degraded],
            [`megabytes${connections}`, after],
          ]),
        ),
        targets: [
          ...targets,
          {
            what: 'Growth of resident memory under overload',
            value: `${short(100 * growth)}%`,
            ...{ target: `at most ${100 * MAX_GROWTH}%`, met: growth <= MAX_GROWTH },
          },
        ],
      } satisfies Report;
    }),
};
