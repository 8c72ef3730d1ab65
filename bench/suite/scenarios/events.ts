import type { MeasuredGateway } from '../gateway.ts';
import { short, spreadText, whole } from '../format.ts';
import { interleaved, spreadOf, type Run, type Scenario, type Suite } from '../suite.ts';

const LOADS = [
  { name: 'single', batch: 1, connections: 16, target: 3_000 },
  { name: 'batches of 100', batch: 100, connections: 8, target: 20_000 },
] as const;
const MAX_SINGLE_P99_MS = 15;

/** Durable events: `trackInteraction`, and `trackInteractions` with 100 events. */
export const events: Scenario = {
  name: 'events',
  description: 'single events at 16 connections, and batches of 100 at 8, of users drawn evenly',
  run: async (suite) =>
    suite.withGateways([await suite.stateOf(suite.options.markets)], async ([gateway]) => {
      if (gateway === undefined) throw new Error('There is no gateway.');
      const runs = await interleavedLoads(suite, gateway);
      const rates = LOADS.map(({ batch }, index) =>
        spreadOf((runs[index] ?? []).map(({ answered }) => batch * (answered.event?.perSecond ?? 0))),
      );
      const p99 = LOADS.map((_, index) =>
        spreadOf((runs[index] ?? []).map(({ answered }) => answered.event?.p99Ms ?? NaN)),
      );
      const singleP99 = p99[0]?.median ?? NaN;
      return {
        head: ['events', 'events/s', 'p50 ms', 'p99 ms', 'gateway CPU µs each'],
        rows: LOADS.map(({ name, batch, connections }, index) => {
          const each = runs[index] ?? [];
          return [
            `${name}, ${connections} connections`,
            spreadText(rates[index] ?? spreadOf([]), whole),
            short(spreadOf(each.map(({ answered }) => answered.event?.p50Ms ?? NaN)).median),
            short(p99[index]?.median ?? NaN),
            short(
              spreadOf(
                each.map((run) => (1e6 * run.cpuSeconds) / (batch * (run.answered.event?.count ?? NaN))),
              ).median,
            ),
          ];
        }),
        notes: ['Latency is that of a request.'],
        ratios: {},
        numbers: Object.fromEntries(LOADS.map(({ name }, index) => [name, rates[index]?.median ?? NaN])),
        targets: [
          ...LOADS.map(({ name, target }, index) => ({
            what: `Events/s, ${name}`,
            value: whole(rates[index]?.median ?? NaN),
            target: `at least ${whole(target)}`,
            met: (rates[index]?.median ?? 0) >= target,
          })),
          {
            what: 'p99 of single events',
            value: `${short(singleP99)} ms`,
            ...{ target: `under ${MAX_SINGLE_P99_MS} ms`, met: singleP99 < MAX_SINGLE_P99_MS },
          },
        ],
      };
    }),
};

async function interleavedLoads(suite: Suite, gateway: MeasuredGateway): Promise<Run[][]> {
  const { users } = suite.options;
  const { marketIds } = gateway;
  const servers = LOADS.map(({ batch, connections }) => ({
    ...{ ...gateway, connections },
    traffic: { type: 'event', users, marketIds, batch } as const,
  }));
  return interleaved(suite, 'events', servers);
}
