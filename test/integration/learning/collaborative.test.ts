import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../src/app/backend.js';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { CollaborativeRun } from '../../../src/learning/collaborative/collaborative-run.js';
import { CollaborativeVersions } from '../../../src/learning/collaborative/collaborative-versions.js';
import { trainerOf } from '../../../src/learning/collaborative/train-in-worker.js';
import { ModelService } from '../../../src/learning/model-service.js';
import { MINUTE_MS } from '../../../src/lib/time.js';
import { recordingLogger } from '../../support/log-lines.js';
import { openReplica, startTestGateway, type TestGateway } from '../../support/test-gateway.js';

const TRAINING_WORKER = new URL('../../../dist/learning/collaborative/training-worker.js', import.meta.url);
const BLOCKS = 4;
const MARKETS = 40;

let gateway: TestGateway;
let replica: Backend;
let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-test-'));
  file = path.join(folder, 'ranking.yaml');
  await writeFile(
    file,
    JSON.stringify({
      feed: { profileTimeoutMs: 5_000 },
      v2: { weights: { collaborative: 1 } },
      learning: { collaborative: { method: 'graph', als: { factors: 4 } } },
    }),
  );
  gateway = await startTestGateway({ BELLWETHER_CONFIG: file });
  await gateway.addMarkets(...Array.from({ length: MARKETS }, (_, index) => ({ id: `m${index}` })));
  replica = await openReplica(gateway, { BELLWETHER_CONFIG: file });
});

afterAll(async () => {
  await replica.close();
  await gateway.close();
  await rm(folder, { recursive: true });
});

async function click(userKey: string, markets: readonly number[]): Promise<void> {
  const results = await gateway.backend.history.importAll(
    markets.map((market, index) => ({
      ...{ userKey, marketId: `m${market}`, eventType: 'CLICK' as const },
      occurredAt: new Date(gateway.clock.nowMs - (1 + index) * MINUTE_MS),
    })),
  );
  expect(results.filter(({ outcome }) => outcome !== 'RECORDED')).toEqual([]);
}

/** Runs the job a minute later, when all events are settled. */
async function train(
  method: 'als' | 'graph' | 'off',
  { limits = {}, signal = new AbortController().signal }: { limits?: object; signal?: AbortSignal } = {},
) {
  gateway.clock.nowMs += MINUTE_MS;
  const { store, services } = gateway.backend;
  const config = loadRankingConfig(file);
  const collaborative = { ...config.learning.collaborative, method, ...limits };
  const run = new CollaborativeRun({
    ...{ store, catalog: services.catalog, train: trainerOf(TRAINING_WORKER) },
    config: () => ({ ...config, learning: { ...config.learning, collaborative } }),
  });
  return run.run({ now: new Date(gateway.clock.nowMs), signal });
}

/** The model of the latest version of a method. */
async function modelOf(method: 'als' | 'graph') {
  const loaded = await new CollaborativeVersions(gateway.backend.store.collaborative).latest(method);
  if (loaded === null) throw new Error('No version is stored.');
  return loaded.model;
}

const EXPLAIN = `query ($feedId: ID!) {
  explainFeed(feedId: $feedId) { replay { outcome changed } items { item { market { id } } contributions { part value } } }
}`;

describe('the collaborative job', () => {
  it('trains nothing while it is off or without engagements', async () => {
    expect(await train('off')).toBeNull();
    expect(await train('graph')).toBeNull();
  });

  it.each(['als', 'graph'] as const)('by %s learns the blocks of users', async (method) => {
    if (method === 'als') {
      for (let user = 0; user < 24; user += 1) {
        const block = user % BLOCKS;
        const own = Array.from({ length: MARKETS / BLOCKS }, (_, index) => block + BLOCKS * index);
        await click(
          `user-${user}`,
          own.filter((_, index) => (index + user) % 3 > 0),
        );
      }
    }
    const trained = await train(method);
    expect(trained).toMatchObject({ users: 24, markets: MARKETS });
    expect(trained?.iterations).toBeGreaterThanOrEqual(method === 'als' ? 1 : 0);
    const model = await modelOf(method);
    const itemOf = (market: number) => model.itemOf(`m${market}`) as number;
    const folded = model.foldIn([0, 4].map(itemOf));
    const preferences = Array.from({ length: MARKETS }, (_, market) => folded.preferenceFor(itemOf(market)));
    const own = preferences.filter((_, market) => market % BLOCKS === 0 && market > 4);
    const others = preferences.filter((_, market) => market % BLOCKS > 0);
    expect(Math.min(...own)).toBeGreaterThan(Math.max(...others));
  });

  it('counts the most recent engagements within the limits', async () => {
    expect(await train('graph', { limits: { maxEngagements: 30, maxUsers: 3 } })).toMatchObject({ users: 3 });
  });

  it('counts no engagements of users who opted out or were erased', async () => {
    await click('private', [1, 2, 3]);
    await click('erased', [1, 2, 3]);
    expect(await train('graph')).toMatchObject({ users: 26 });
    const { settings, erasure } = gateway.backend.services;
    await settings.update({ userKey: 'private', personalizationEnabled: false }, 'FOLLOW');
    await erasure.erase('erased', 'FOLLOW');
    expect(await train('graph')).toMatchObject({ users: 24 });
  });

  it('publishes nothing after an abort or the time limit', async () => {
    const before = await gateway.backend.store.collaborative.latest('graph');
    const stopping = new AbortController();
    const running = train('graph', { signal: stopping.signal });
    stopping.abort(new Error('the process is stopping'));
    await expect(running).rejects.toThrow('the process is stopping');
    await expect(train('graph', { limits: { timeLimitMinutes: 1 / 60_000 } })).rejects.toThrow(
      'took longer than',
    );
    expect(await gateway.backend.store.collaborative.latest('graph')).toEqual(before);
  });

  it('keeps the latest versions, and detects a damaged one', async () => {
    await train('graph');
    const { collaborative } = gateway.backend.store;
    const latest = await collaborative.latest('graph');
    if (latest === null) throw new Error('No version is stored.');
    expect(await collaborative.latestBefore('graph', 1n)).toBeNull();
    expect((await collaborative.latestBefore('graph', latest.seq + 1n))?.version).toBe(latest.version);
    expect(await collaborative.content({ ...latest, version: latest.version - 3 })).toBeNull();
    await expect(collaborative.content({ ...latest, checksum: new Uint8Array(32) })).rejects.toThrow(
      'is damaged',
    );
  });
});

describe('feeds under a collaborative model', () => {
  it('are the same on two replicas with the same version, name it, and replay', async () => {
    await click('reader', [0, 4]);
    const trained = await train('graph');
    for (const backend of [gateway.backend, replica]) {
      await backend.services.catalog.refresh();
      await backend.models.load();
    }
    const request = { userKey: 'reader', limit: 20 };
    const [one, other] = await Promise.all(
      [gateway.backend, replica].map(({ services }) => services.feed.feed(request)),
    );
    expect(one?.modelVersion).toBe(`default-cf-${trained?.version}`);
    expect(JSON.stringify(other)).toBe(JSON.stringify(one));

    await train('graph');
    await gateway.backend.models.load();
    const { data } = await gateway.query(EXPLAIN, { feedId: one?.id });
    expect(data).toMatchObject({ explainFeed: { replay: { outcome: 'SAME', changed: [] } } });
    const { items } = (
      data as {
        explainFeed: {
          items: { item: { market: { id: string } }; contributions: { part: string; value: number }[] }[];
        };
      }
    ).explainFeed;
    const ofOwnBlock = items.filter(({ item }) => Number(item.market.id.slice(1)) % BLOCKS === 0);
    expect(ofOwnBlock.length).toBeGreaterThan(0);
    const values = ofOwnBlock.map(
      ({ contributions }) => contributions.find(({ part }) => part === 'COLLABORATIVE')?.value ?? 0,
    );
    expect(Math.max(...values)).toBeGreaterThan(0.1);
  });

  it('read no model while the weight is 0 or the method is off, and one of the method otherwise', async () => {
    const { store } = gateway.backend;
    const full = loadRankingConfig(file);
    let config = full;
    let reads = 0;
    const service = new ModelService({
      ...{
        models: store.models,
        config: () => config,
        modelsEnabled: true,
        logger: recordingLogger().logger,
      },
      collaborative: {
        latest: (method) => {
          reads += 1;
          return new CollaborativeVersions(store.collaborative).latest(method);
        },
      },
    });
    config = { ...full, v2: { ...full.v2, weights: { ...full.v2.weights, collaborative: 0 } } };
    await service.load();
    expect([reads, service.current.version, service.current.signals.collaborative]).toEqual([
      0,
      'default',
      null,
    ]);
    config = full;
    await service.load();
    expect(service.current.version).toMatch(/^default-cf-\d+$/);
    const collaborative = { ...full.learning.collaborative, method: 'off' as const };
    config = { ...full, learning: { ...full.learning, collaborative } };
    expect(service.current.version).toBe('default');
    await service.load();
    expect([reads, service.current.signals.collaborative]).toEqual([1, null]);
  });
});
