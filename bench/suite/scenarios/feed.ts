import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { costsOf, type CpuProfile } from '../cost-by-stage.ts';
import { short, spreadText, whole } from '../format.ts';
import type { MeasuredGateway } from '../gateway.ts';
import type { MeasuredServer } from '../measured-server.ts';
import { startPeers } from '../peers.ts';
import {
  interleaved,
  spreadOf,
  type Report,
  type Run,
  type Scenario,
  type Suite,
  type Target,
} from '../suite.ts';

/** Ratios to the constant responses of the peers that the feed should reach. */
const TARGETS: Readonly<Record<string, number>> = { apollo: 2.5, mercurius: 0.25 };
const TARGET_P99_MS = 15;
const SHOWN_FUNCTIONS = 15;

/** The feed next to servers that return a constant response of the same size. */
export const feed: Scenario = {
  name: 'feed',
  description:
    'feeds of Zipf-distributed users with one event for every ten, next to constant responses of peers',
  run: async (suite) =>
    suite.withGateways([await suite.stateOf(suite.options.markets)], async ([gateway]) => {
      if (gateway === undefined) throw new Error('There is no gateway.');
      const peers = await startPeers(suite.cores, await gateway.sampleFeed());
      try {
        const servers = [gateway, ...peers];
        const runs = await interleaved(suite, 'feed', servers);
        const report = reportOf(servers, runs);
        if (!suite.options.profile) return report;
        return { ...report, notes: [...report.notes, '', ...(await profileLines(suite, gateway))] };
      } finally {
        for (const peer of peers) await peer.close();
      }
    }),
};

function reportOf(servers: readonly MeasuredServer[], runs: readonly (readonly Run[])[]): Report {
  const [own = [], ...others] = runs;
  const rates = runs.map((each) => each.map((run) => main(run)?.perSecond ?? 0));
  const ofOwn = rates[0] ?? [];
  const ratios = Object.fromEntries(
    others.map((_, index) => {
      const theirs = rates[index + 1] ?? [];
      const name = servers[index + 1]?.name ?? '';
      return [name, spreadOf(ofOwn.map((rate, round) => rate / (theirs[round] ?? NaN)))];
    }),
  );
  const rows = servers.map(({ name, title }, index) => {
    const each = runs[index] ?? [];
    const ratio = ratios[name];
    return [
      title,
      spreadText(spreadOf(rates[index] ?? []), whole),
      short(spreadOf(each.map((run) => main(run)?.p50Ms ?? NaN)).median),
      short(spreadOf(each.map((run) => main(run)?.p99Ms ?? NaN)).median),
      short(spreadOf(each.map(cpuMicros)).median),
      ratio === undefined ? '' : spreadText(ratio, short),
    ];
  });
  const events = spreadOf(own.map(({ answered }) => answered.event?.perSecond ?? 0));
  const p50 = spreadOf(own.map((run) => main(run)?.p50Ms ?? NaN));
  const p99 = spreadOf(own.map((run) => main(run)?.p99Ms ?? NaN));
  const latency: Target = {
    what: 'Feed p99',
    value: `${short(p99.median)} ms, p50 ${short(p50.median)} ms`,
    target: `at most ${TARGET_P99_MS} ms`,
    met: p99.median <= TARGET_P99_MS,
  };
  return {
    head: ['server', 'responses/s', 'p50 ms', 'p99 ms', 'CPU µs each', 'feed relative to it'],
    rows,
    notes: [
      `Median (minimum to maximum) of ${own.length} interleaved runs. The gateway also took ${whole(events.median)} events/s; ` +
        'its processor time includes them.',
    ],
    ratios: Object.fromEntries(
      others.flatMap((each, index) => {
        const name = servers[index + 1]?.name ?? '';
        const cpu = each.map((run, round) => cpuMicros(run) / cpuMicros(own[round] ?? run));
        return [
          [`responses per second, feed / ${name}`, ratios[name] ?? spreadOf([])],
          [`processor time, ${name} / feed`, spreadOf(cpu)],
        ];
      }),
    ),
    numbers: { feedsPerSecond: spreadOf(ofOwn).median, p50Ms: p50.median, p99Ms: p99.median },
    targets: [
      ...servers.flatMap(({ name, title }): Target[] => {
        const target = TARGETS[name];
        const ratio = ratios[name];
        if (target === undefined || ratio === undefined) return [];
        return [
          {
            what: `Feeds relative to ${title}`,
            value: short(ratio.median),
            target: `at least ${target}`,
            met: ratio.median >= target,
          },
        ];
      }),
      latency,
    ],
  };
}

function main({ answered }: Run): Run['answered']['feed'] {
  return answered.feed ?? answered.constant;
}

/** Processor time of the server for each response that is not an event. */
function cpuMicros(run: Run): number {
  return (1e6 * run.cpuSeconds) / (main(run)?.count ?? NaN);
}

/** A run of its own, because profiling slows the gateway down. */
async function profileLines(suite: Suite, gateway: MeasuredGateway): Promise<string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bellwether-profile-'));
  try {
    const file = path.join(folder, 'feed.cpuprofile');
    suite.begin('profile', suite.options.seconds);
    const { answered } = await gateway.profile(file, () =>
      suite.run(gateway, { seconds: suite.options.seconds }),
    );
    suite.end();
    const feeds = answered.feed?.count ?? NaN;
    const { stages, functions } = costsOf(JSON.parse(await readFile(file, 'utf8')) as CpuProfile);
    const busy = stages.reduce((sum, { micros }) => sum + micros, 0);
    const line = ({ name, micros }: { name: string; micros: number }): string =>
      `${short(micros / feeds).padStart(8)} µs  ${short((100 * micros) / busy).padStart(5)}%  ${name}`;
    return [
      `Cost of a feed by stage, with its share of events (CPU profile of ${whole(feeds)} feeds, main thread):`,
      ...stages.map(line),
      line({ name: 'total', micros: busy }),
      '',
      `The ${SHOWN_FUNCTIONS} most expensive functions, without what they call:`,
      ...functions.slice(0, SHOWN_FUNCTIONS).map(line),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}
