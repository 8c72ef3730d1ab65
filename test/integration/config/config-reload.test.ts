import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;
let folder: string;
let file: string;

/** Clients that request feeds concurrently during the changes. */
const CLIENTS = 16;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-test-'));
  file = path.join(folder, 'ranking.yaml');
  await writeFile(file, configWithInterest(0.35));
  gateway = await startTestGateway({ BELLWETHER_CONFIG: file });
  await gateway.addMarkets(
    ...Array.from({ length: 60 }, (_, index) => ({ id: `market-${index}`, volumeTotal: 1_000 - index })),
  );
  gateway.backend.liveConfig.start();
});

afterAll(async () => {
  await gateway.close();
  await rm(folder, { recursive: true });
});

/** Replaces the file by a rename, as deployments do. */
async function replaceConfig(yaml: string): Promise<void> {
  await writeFile(`${file}.new`, yaml);
  await rename(`${file}.new`, file);
}

/** A ranking config with this weight of the interest. The long profile timeout keeps a slow machine from degrading feeds. */
const configWithInterest = (interest: number): string =>
  JSON.stringify({ feed: { profileTimeoutMs: 5_000 }, v2: { weights: { interest } } });

const currentVersion = (): string => gateway.backend.liveConfig.current.version;

it('applies a changed config under load without a failed or degraded feed, and rejects an invalid config', async () => {
  const seen = new Set<unknown>();
  const failures: unknown[] = [];
  let answered = 0;
  let running = true;
  const client = async (clientNumber: number): Promise<void> => {
    while (running) {
      const query = `{ feed(userKey: "user-${clientNumber}", limit: 10) { configVersion degraded hero { rank } } }`;
      try {
        const { status, data, errors } = await gateway.query(query);
        const feed = data?.['feed'] as { configVersion: string; degraded: boolean; hero: object } | undefined;
        if (status !== 200 || errors !== undefined || feed === undefined || feed.degraded) {
          failures.push({ status, errors, feed });
        }
        seen.add(feed?.configVersion);
        answered += 1;
      } catch (error) {
        failures.push(error);
      }
    }
  };
  const clients = Array.from({ length: CLIENTS }, (_, clientNumber) => client(clientNumber));

  const versions = [currentVersion()];
  for (const interest of [0.4, 0.5, 0.6]) {
    await replaceConfig(configWithInterest(interest));
    await expect.poll(currentVersion, { timeout: 5_000 }).not.toBe(versions.at(-1));
    versions.push(currentVersion());
    // More responses than requests in flight, so that at least one request started after the change.
    const answeredBefore = answered;
    await expect.poll(() => answered).toBeGreaterThan(answeredBefore + CLIENTS);
  }
  await replaceConfig('v2: { weights: { interest: much } }');
  await expect.poll(() => gateway.backend.liveConfig.rejection?.message).toContain('v2.weights.interest');
  expect(currentVersion()).toBe(versions.at(-1));
  running = false;
  await Promise.all(clients);

  expect(failures).toEqual([]);
  expect([...seen].sort()).toEqual(versions.toSorted());
});

it('ranks the next feed by the changed config', async () => {
  await replaceConfig('feed: { quotas: { PERSONAL: 0, TRENDING: 0, LOCAL: 0, RISING: 0, EXPLORATION: 1 } }');
  await expect
    .poll(async () => {
      const { data } = await gateway.query('{ feed(limit: 5) { hero { slot } } }');
      return (data?.['feed'] as { hero: { slot: string } }).hero.slot;
    })
    .toBe('EXPLORATION');
});
