/** A gateway on a built state, with a probe of its event loop. */
import { once } from 'node:events';
import { startBenchGateway, type BenchGateway } from '../bench-gateway.ts';
import type { YearState } from './build-state.ts';
import type { LoopReading } from './loop-probe.ts';

export interface Site extends BenchGateway {
  readonly state: YearState;
  /** Starts a new measurement of the event loop. */
  resetLoop(): void;
  /** The measurement since the last reset. */
  readLoop(): Promise<LoopReading>;
  /** The position of the write-ahead log, bytes. */
  walBytes(): Promise<number>;
  /** The `data` of an answer. @throws when there are errors. */
  ask(query: string, variables?: object): Promise<Record<string, unknown>>;
}

interface SiteOptions {
  readonly jobs: boolean;
  readonly config?: object;
}

/** Gives `work` a gateway on the state, and stops it afterwards. */
export async function withSite<Result>(
  state: YearState,
  { jobs, config }: SiteOptions,
  work: (site: Site) => Promise<Result>,
): Promise<Result> {
  const gateway = await startBenchGateway(config, {
    dataDir: state.dataDir,
    flags: jobs ? [] : ['--no-jobs'],
    nodeOptions: [`--import=${new URL('loop-probe.ts', import.meta.url).href}`],
  });
  const site: Site = {
    ...{ ...gateway, state },
    resetLoop: () => gateway.process.send('reset'),
    readLoop: async () => {
      const answer = once(gateway.process, 'message') as Promise<[LoopReading]>;
      gateway.process.send('read');
      return (await answer)[0];
    },
    walBytes: async () => {
      const { rows } = await gateway.database.query<{ at: string }>(
        `select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as at`,
      );
      return Number(rows[0]?.at);
    },
    ask: async (query, variables = {}) => {
      const response = await fetch(`${gateway.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors } = (await response.json()) as {
        data?: Record<string, unknown>;
        errors?: unknown;
      };
      if (data === undefined || errors !== undefined) throw new Error(JSON.stringify(errors));
      return data;
    },
  };
  try {
    return await work(site);
  } finally {
    await gateway.close();
  }
}
