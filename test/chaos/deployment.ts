import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clusterFiles, type ClusterFiles } from '../../src/embedded-postgres/postgres-cluster.js';
import { stopPostmaster } from '../../src/embedded-postgres/postmaster.js';
import { startCommand, type RunningCommand } from '../support/command.js';
import { graphql } from './graphql.js';

/** Ids of the markets of every deployment. */
export const marketIds: readonly string[] = Array.from({ length: 30 }, (_, index) => `market-${index}`);

/** A gateway process with its own PostgreSQL server, and the markets of {@link marketIds}. */
export interface Deployment {
  readonly dataDir: string;
  readonly cluster: ClusterFiles;
  /** Base URL of the gateway; it changes with every start. */
  readonly url: string;
  readonly isGatewayRunning: boolean;
  startGateway(): Promise<void>;
  /** Kills the gateway without a graceful shutdown. */
  killGateway(): Promise<void>;
  close(): Promise<void>;
}

export async function startDeployment(): Promise<Deployment> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'bellwether-chaos-'));
  const cluster = clusterFiles(dataDir);
  let gateway: RunningCommand | undefined;
  let url = '';
  const startGateway = async (): Promise<void> => {
    gateway = startCommand(['serve'], {
      BELLWETHER_DATA_DIR: dataDir,
      BELLWETHER_SAMPLE: 'off',
      PORT: '0',
    });
    url = (await gateway.line(/ready: GraphQL at (http:\S+)\/graphql,/))[1] ?? '';
  };
  await startGateway();
  await addMarkets(url);
  return {
    dataDir,
    cluster,
    get url() {
      return url;
    },
    get isGatewayRunning() {
      return gateway?.child.exitCode === null && gateway.child.signalCode === null;
    },
    startGateway,
    killGateway: async () => {
      gateway?.child.kill('SIGKILL');
      await gateway?.finished;
    },
    close: async () => {
      gateway?.child.kill('SIGTERM');
      await gateway?.finished;
      await stopPostmaster(cluster, 15_000);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function addMarkets(url: string): Promise<void> {
  const categories = ['Politics', 'Sports', 'Crypto', 'Culture'];
  const markets = marketIds.map((id, index) => ({
    id,
    title: `Will number ${index} happen?`,
    category: categories[index % categories.length],
    tags: [`tag ${index % 7}`, `Tag ${index % 5}`],
    probability: (index + 1) / 40,
  }));
  const { data } = await graphql(
    url,
    'mutation ($markets: [MarketInput!]!) { upsertMarkets(input: { markets: $markets }) { results { status } } }',
    { markets },
  );
  const stored = JSON.stringify(data).match(/CREATED/g)?.length;
  if (stored !== markets.length) throw new Error(`The markets were not stored: ${JSON.stringify(data)}`);
}
