import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { startBigQueryServer, type BigQueryServer } from '../../support/bigquery-server.js';
import { queryDatabase } from '../../support/test-database.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let server: BigQueryServer;
let gateway: TestGateway;
let folder: string;

beforeAll(async () => {
  server = await startBigQueryServer();
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-letters-'));
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const keyFile = path.join(folder, 'key.json');
  const private_key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  await writeFile(
    keyFile,
    JSON.stringify({ type: 'service_account', client_email: 'a@b.example', private_key }),
  );
  const config = path.join(folder, 'config.yaml');
  await writeFile(
    config,
    `sinks: [{ name: warehouse, type: bigquery, project: site, dataset: site, table: events, keyFile: ${keyFile}, endpoint: "${server.url}" }]\n`,
  );
  gateway = await startTestGateway({ BELLWETHER_CONFIG: config });
  await gateway.addMarkets({ id: 'm1' });
  gateway.backend.relays.start();
});

afterAll(async () => {
  await gateway.close();
  await server.close();
  await rm(folder, { recursive: true });
});

beforeEach(() => {
  server.beforeAnswer = () => Promise.resolve();
  // The notices of erasures and merges are accepted.
  server.fault = ({ json }) =>
    json['eventType'] === 'CLICK' ? { reason: 'invalid', message: 'no such field' } : undefined;
});

const track = (userKey: string): Promise<unknown> =>
  gateway.backend.services.tracking.track({ userKey, marketId: 'm1', eventType: 'CLICK' });

const letters = (): Promise<Record<string, unknown>[]> =>
  queryDatabase(gateway.databaseUrl, 'select event from rejected_events');

const erase = (userKey: string): Promise<unknown> =>
  gateway.backend.services.erasure.erase(userKey, 'FOLLOW');

async function trackRejected(userKey: string): Promise<void> {
  await track(userKey);
  await vi.waitFor(async () => expect(await letters()).toHaveLength(1), { timeout: 10_000 });
}

it('removes a dead letter that a delivery in progress adds during an erasure', async () => {
  const delivering = Promise.withResolvers<undefined>();
  const answered = Promise.withResolvers<undefined>();
  server.beforeAnswer = () => {
    delivering.resolve(undefined);
    return answered.promise;
  };
  let added = 0;
  const { fault } = server;
  server.fault = (row) => {
    const found = fault(row);
    if (found !== undefined) added += 1;
    return found;
  };
  await track('ada');
  await delivering.promise;
  const erasing = erase('ada');
  await vi.waitFor(
    async () => expect(await queryDatabase(gateway.databaseUrl, 'select from outbox')).toEqual([]),
    { timeout: 10_000 },
  );
  answered.resolve(undefined);
  await erasing;
  expect(added).toBeGreaterThan(0);
  expect(await letters()).toEqual([]);
});

it('removes a dead letter whose event is no longer stored', async () => {
  await trackRejected('ben');
  await queryDatabase(gateway.databaseUrl, 'drop table interactions_2026_06');
  await erase('ben');
  expect(await letters()).toEqual([]);
});

it('gives a dead letter to the user that its own is merged into', async () => {
  await trackRejected('visitor');
  await gateway.backend.services.merging.merge({ fromUserKey: 'visitor', intoUserKey: 'eve' });
  const parts = await gateway.backend.services.exports.export('eve', 'FOLLOW');
  let exported = '';
  for await (const part of parts) exported += part;
  expect(exported).toContain('"table":"rejected_events"');
  await queryDatabase(gateway.databaseUrl, 'drop table interactions_2026_06');
  await erase('eve');
  expect(await letters()).toEqual([]);
});
