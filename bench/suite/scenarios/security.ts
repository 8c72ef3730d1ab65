import { openGateway } from '../gateway.ts';
import { short, spreadText, whole } from '../format.ts';
import { cpuMicrosPerFeed, interleaved, spreadOf, type Report, type Run, type Scenario } from '../suite.ts';
import { createTokens, TOKEN_SETTINGS } from '../tokens.ts';

const MAX_SLOWDOWN = 0.1;

/** Feeds of users with tokens next to feeds of a gateway in development mode, on the same database. */
export const security: Scenario = {
  name: 'security',
  description: 'feeds of users with tokens and rate limits, next to a gateway in development mode',
  run: async (suite) => {
    const state = await suite.stateOf(suite.options.markets);
    const open = await openGateway(state, suite.cores);
    try {
      const secured = await openGateway(state, suite.cores, TOKEN_SETTINGS);
      // The same in all runs, like those of real users, so that the gateway verifies each once.
      const tokens = await createTokens(suite.options.users);
      try {
        const servers = [
          { ...open, title: 'Development mode' },
          { ...secured, title: 'Tokens and limits', traffic: { ...secured.traffic, tokens } },
        ];
        return reportOf(servers, await interleaved(suite, 'security', servers));
      } finally {
        await secured.close();
      }
    } finally {
      await open.close();
    }
  },
};

function reportOf(servers: readonly { readonly title: string }[], runs: readonly (readonly Run[])[]): Report {
  const [open = [], secured = []] = runs;
  const slowdown = spreadOf(
    secured.map((run, round) => cpuMicrosPerFeed(run) / cpuMicrosPerFeed(open[round] ?? run) - 1),
  );
  return {
    head: ['gateway', 'feeds/s', 'p50 ms', 'p99 ms', 'CPU µs each'],
    rows: servers.map(({ title }, index) => {
      const each = runs[index] ?? [];
      const medianOf = (value: (run: Run) => number | undefined): number =>
        spreadOf(each.map((run) => value(run) ?? NaN)).median;
      return [
        title,
        spreadText(spreadOf(each.map(({ answered }) => answered.feed?.perSecond ?? 0)), whole),
        short(medianOf(({ answered }) => answered.feed?.p50Ms)),
        short(medianOf(({ answered }) => answered.feed?.p99Ms)),
        short(medianOf(cpuMicrosPerFeed)),
      ];
    }),
    notes: ['Both gateways use row-level security.'],
    ratios: {},
    numbers: { slowdown: slowdown.median },
    targets: [
      {
        what: 'Additional processor time of a feed with a token',
        value: `${short(100 * slowdown.median)}%`,
        ...{ target: `at most ${100 * MAX_SLOWDOWN}%`, met: slowdown.median <= MAX_SLOWDOWN },
      },
    ],
  };
}
