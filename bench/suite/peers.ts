/** The servers with a constant response that the gateway is compared with. See bench/peers. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { feedBody } from '../year/requests.ts';
import type { CorePlan } from './cores.ts';
import { startServer } from './ready-server.ts';
import type { MeasuredServer } from './measured-server.ts';

const PEERS = [
  { name: 'mercurius', title: 'Mercurius + jit, constant' },
  { name: 'yoga', title: 'GraphQL Yoga, constant' },
  { name: 'apollo', title: 'Apollo + type-graphql, constant' },
  { name: 'node-http', title: 'node:http + JSON.stringify' },
] as const;

const bench = fileURLToPath(new URL('..', import.meta.url));

/** Installs the packages of the peers unless they are there. They belong to bench/package.json only. */
async function installPeers(): Promise<void> {
  const isInstalled = await promisify(execFile)('npm', ['ls', '--depth=0', '--prefix', bench]).then(
    () => true,
    () => false,
  );
  if (isInstalled) return;
  console.log('Installing the servers to compare with into bench/node_modules (64 MB, once) ...');
  const install = spawn('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', bench], {
    stdio: 'inherit',
  });
  const [code] = (await once(install, 'exit')) as [number | null];
  if (code !== 0) {
    throw new Error(
      `"npm ci --prefix bench" failed with ${code ?? 'a signal'}. It needs access to the npm registry.`,
    );
  }
}

/** @param feed what the gateway returned as `data.feed`. */
export async function startPeers(cores: CorePlan, feed: unknown): Promise<MeasuredServer[]> {
  await installPeers();
  const folder = await mkdtemp(path.join(tmpdir(), 'bellwether-peers-'));
  const feedFile = path.join(folder, 'feed.json');
  await writeFile(feedFile, JSON.stringify(feed));
  const schema = fileURLToPath(new URL('../../schema/schema.graphql', import.meta.url));
  const servers: MeasuredServer[] = [];
  try {
    for (const { name, title } of PEERS) {
      const script = path.join(bench, 'peers', `${name}.js`);
      const server = await startServer(
        [...cores.server, process.execPath, script, feedFile, schema],
        /^ready: (http:\S+)$/,
        { NODE_ENV: 'production' },
      );
      servers.push({
        ...{ name, title, url: server.address, pid: server.pid },
        traffic: {
          type: 'constant',
          body: feedBody('anyone'),
          expected: JSON.stringify({ data: { feed } }),
        },
        close: () => server.close(),
      });
    }
    return servers;
  } catch (error) {
    for (const server of servers) await server.close();
    throw error;
  } finally {
    // Each peer reads the file before it is ready.
    await rm(folder, { recursive: true });
  }
}
