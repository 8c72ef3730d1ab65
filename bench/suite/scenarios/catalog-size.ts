import { short, spreadText, whole } from '../format.ts';
import { cpuMicrosPerFeed, interleaved, spreadOf, type Scenario } from '../suite.ts';

/** Numbers of open markets, and what share of the feeds of the first one the others should reach. */
const SIZES = [
  { markets: 2_000, target: undefined },
  { markets: 20_000, target: 1 / 2 },
  { markets: 50_000, target: 1 / 3 },
] as const;

/** Feeds of catalogs of different sizes. */
export const catalogSize: Scenario = {
  name: 'catalog-size',
  description: 'feeds with 2,000, 20,000 and 50,000 open markets',
  run: async (suite) => {
    const states = [];
    for (const { markets } of SIZES) states.push(await suite.stateOf(markets));
    return suite.withGateways(states, async (gateways) => {
      const runs = await interleaved(suite, 'catalog-size', gateways);
      const rates = runs.map((each) => each.map(({ answered }) => answered.feed?.perSecond ?? 0));
      const ratioTo = (index: number): ReturnType<typeof spreadOf> =>
        spreadOf((rates[index] ?? []).map((rate, round) => rate / (rates[0]?.[round] ?? NaN)));
      const cpuRatioTo = (index: number): ReturnType<typeof spreadOf> =>
        spreadOf(
          (runs[index] ?? []).map(
            (run, round) => cpuMicrosPerFeed(runs[0]?.[round] ?? run) / cpuMicrosPerFeed(run),
          ),
        );
      const nameOf = (markets: number): string => `${whole(markets)} / ${whole(SIZES[0].markets)} markets`;
      return {
        head: ['open markets', 'feeds/s', 'p50 ms', 'p99 ms', 'CPU µs each', 'relative to the first'],
        rows: SIZES.map(({ markets }, index) => {
          const each = runs[index] ?? [];
          return [
            whole(markets),
            spreadText(spreadOf(rates[index] ?? []), whole),
            short(spreadOf(each.map(({ answered }) => answered.feed?.p50Ms ?? NaN)).median),
            short(spreadOf(each.map(({ answered }) => answered.feed?.p99Ms ?? NaN)).median),
            short(spreadOf(each.map(cpuMicrosPerFeed)).median),
            index === 0 ? '' : spreadText(ratioTo(index), short),
          ];
        }),
        notes: [],
        ratios: Object.fromEntries(
          SIZES.slice(1).flatMap(({ markets }, index) => [
            [`feeds per second, ${nameOf(markets)}`, ratioTo(index + 1)],
            [`processor time, ${whole(SIZES[0].markets)} / ${whole(markets)} markets`, cpuRatioTo(index + 1)],
          ]),
        ),
        numbers: Object.fromEntries(
          SIZES.map(({ markets }, index) => [
            `feedsPerSecond${markets}`,
            spreadOf(rates[index] ?? []).median,
          ]),
        ),
        targets: SIZES.flatMap(({ markets, target }, index) => {
          if (target === undefined) return [];
          const { median } = ratioTo(index);
          return [
            {
              what: `Feeds/s, ${nameOf(markets)}`,
              value: short(median),
              target: `at least ${short(target)}`,
              met: median >= target,
            },
          ];
        }),
      };
    });
  },
};
