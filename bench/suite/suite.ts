/** Parts that the scenarios of the suite share. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProgressBar } from '../../dist/cli/output/progress-bar.js';
import { cpuSecondsOf } from '../processes.ts';
import type { YearState } from '../year/build-state.ts';
import type { CorePlan } from './cores.ts';
import { openGateway, type MeasuredGateway } from './gateway.ts';
import type { LoadProcess } from './load.ts';
import type { LoadResult, LoadSpec } from './load-process.ts';
import type { MeasuredServer } from './measured-server.ts';
import { benchState } from './state.ts';

export interface SuiteOptions {
  readonly markets: number;
  readonly users: number;
  readonly connections: number;
  readonly rounds: number;
  readonly seconds: number;
  readonly profile: boolean;
  readonly dataDir: string;
}

/** A table that a scenario prints, and its numbers for the JSON file. */
export interface Report {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Lines below the table. */
  readonly notes: readonly string[];
  /** By name; ratios are compared with the baseline. */
  readonly ratios: Readonly<Record<string, Spread>>;
  readonly numbers: Readonly<Record<string, number>>;
  readonly targets: readonly Target[];
}

export interface Target {
  readonly what: string;
  readonly value: string;
  readonly target: string;
  readonly met: boolean;
}

export interface Scenario {
  readonly name: string;
  readonly description: string;
  readonly run: (suite: Suite) => Promise<Report>;
}

/** Of all rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [lower = NaN, upper = NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return { median: (lower + upper) / 2, min: sorted[0] ?? NaN, max: sorted.at(-1) ?? NaN };
}

/** One run of a load on a server. */
export interface Run extends LoadResult {
  /** Processor time of the server in seconds; NaN where the system does not report it. */
  readonly cpuSeconds: number;
}

/** Processor time of the server for each feed, with everything else that it did, in microseconds. */
export function cpuMicrosPerFeed({ cpuSeconds, answered }: Run): number {
  return (1e6 * cpuSeconds) / (answered.feed?.count ?? NaN);
}

/** From this share on, the load process and not the server limits a run. */
const BUSY_LOAD = 0.9;
const PAUSE_MS = 300;

export class Suite {
  readonly options: SuiteOptions;
  readonly cores: CorePlan;
  /** Failed checks of this scenario, by server and reason. The suite fails if there is one. */
  readonly problems = new Map<string, { count: number; example: string }>();
  readonly warnings = new Set<string>();
  readonly #load: LoadProcess;
  readonly #bar: ProgressBar;
  #done = 0;
  #planned = 0;
  #task = '';

  constructor(options: SuiteOptions, deps: { cores: CorePlan; load: LoadProcess; bar: ProgressBar }) {
    this.options = options;
    this.cores = deps.cores;
    this.#load = deps.load;
    this.#bar = deps.bar;
  }

  stateOf(markets: number): Promise<YearState> {
    return benchState(this.options.dataDir, markets, this.options.users);
  }

  /** Gives `work` a gateway for each state, and stops them afterwards. */
  async withGateways<Result>(
    states: readonly YearState[],
    work: (gateways: MeasuredGateway[]) => Promise<Result>,
  ): Promise<Result> {
    const gateways: MeasuredGateway[] = [];
    try {
      for (const state of states) gateways.push(await openGateway(state, this.cores));
      return await work(gateways);
    } finally {
      for (const gateway of gateways) await gateway.close();
    }
  }

  /** Shows the progress of so many seconds of load. */
  begin(task: string, seconds: number): void {
    this.#done = 0;
    this.#planned = seconds;
    this.#task = task;
  }

  end(): void {
    this.#bar.end();
  }

  /**
   * One run. Its problems are counted, and fail the suite at the end.
   *
   * @param load `traffic` and `connections` default to those of the server and of the options.
   */
  async run(server: MeasuredServer, load: { readonly seconds: number } & Partial<LoadSpec>): Promise<Run> {
    await sleep(PAUSE_MS);
    const cpuBefore = await cpuSecondsOf(server.pid);
    const startMs = performance.now();
    const timer = setInterval(
      () => this.#show(Math.min(load.seconds, (performance.now() - startMs) / 1_000)),
      500,
    );
    try {
      const result = await this.#load.run({
        ...{ url: server.url, traffic: server.traffic, mayShed: false },
        ...{ connections: server.connections ?? this.options.connections },
        ...load,
      });
      const cpuAfter = await cpuSecondsOf(server.pid);
      this.#note(server, result);
      return { ...result, cpuSeconds: (cpuAfter ?? NaN) - (cpuBefore ?? NaN) };
    } finally {
      clearInterval(timer);
      this.#done += load.seconds;
      this.#show(0);
    }
  }

  #show(seconds: number): void {
    this.#bar.show(
      this.#task,
      Math.min(1, (this.#done + seconds) / this.#planned),
      `${Math.round(this.#planned)} s of load`,
    );
  }

  #note({ title }: MeasuredServer, { degradedBy, failures, busy }: LoadResult): void {
    const add = (reason: string, count: number, example: string): void => {
      const known = this.problems.get(`${title}: ${reason}`);
      this.problems.set(`${title}: ${reason}`, {
        count: count + (known?.count ?? 0),
        example: known?.example ?? example,
      });
    };
    for (const [reasons, count] of Object.entries(degradedBy))
      add(`feed degraded on a healthy system by ${reasons}`, count, '');
    for (const { reason, count, example } of failures) add(reason, count, example);
    if (busy > BUSY_LOAD) {
      this.warnings.add(
        `The load process was busy for ${Math.round(100 * busy)}% of a run on ${title}, so the result is a lower bound.`,
      );
    }
  }
}

/** Share of a run that warms a server up right before it: while others ran, cached profiles reached their TTL. */
const WARM_UP = 0.25;

/** Interleaved runs: each round loads every server once. A run of each before the first round compiles their code. */
export async function interleaved(
  suite: Suite,
  task: string,
  servers: readonly MeasuredServer[],
): Promise<Run[][]> {
  const { rounds, seconds } = suite.options;
  suite.begin(task, (1 + rounds * (1 + WARM_UP)) * seconds * servers.length);
  for (const server of servers) await suite.run(server, { seconds });
  const runs: Run[][] = servers.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, server] of servers.entries()) {
      await suite.run(server, { seconds: WARM_UP * seconds });
      runs[index]?.push(await suite.run(server, { seconds }));
    }
  }
  suite.end();
  return runs;
}
