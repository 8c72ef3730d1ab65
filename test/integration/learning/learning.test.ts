import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../src/app/backend.js';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import type { RankingConfig } from '../../../src/config/schema/ranking-schema.js';
import { CollaborativeVersions } from '../../../src/learning/collaborative/collaborative-versions.js';
import { exploredPage } from '../../../src/feed/served/explored-page.js';
import { LearningRun } from '../../../src/learning/learning-run.js';
import { ModelService } from '../../../src/learning/model-service.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/lib/time.js';
import { recordingLogger } from '../../support/log-lines.js';
import { openReplica, startTestGateway, type TestGateway } from '../../support/test-gateway.js';

const MARKETS = Array.from({ length: 130 }, (_, index) => `market-${index}`);
const config = loadRankingConfig(undefined);

let gateway: TestGateway;
let replica: Backend;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets(...MARKETS.map((id, index) => ({ id, title: `Will number ${index} win?` })));
  replica = await openReplica(gateway);
});

afterAll(async () => {
  await replica.close();
  await gateway.close();
});

/** Records clicks a few minutes before now, in order. */
async function click(userKey: string, marketIds: readonly string[]): Promise<void> {
  const results = await gateway.backend.history.importAll(
    marketIds.map((marketId, index) => ({
      ...{ userKey, marketId, eventType: 'CLICK' as const },
      occurredAt: new Date(gateway.clock.nowMs - (marketIds.length - index) * MINUTE_MS),
    })),
  );
  expect(results.filter(({ outcome }) => outcome !== 'RECORDED')).toEqual([]);
}

/** Runs the job a minute later, when all events are settled. */
async function learn(learning: Partial<RankingConfig['learning']> = {}, maxEvents?: number) {
  gateway.clock.nowMs += MINUTE_MS;
  const { store, services } = gateway.backend;
  const run = new LearningRun({
    ...{ store, catalog: services.catalog, trends: () => services.trends.state },
    collaborative: new CollaborativeVersions(store.collaborative),
    config: () => ({ ...config, learning: { ...config.learning, ...learning } }),
    ...{ modelsEnabled: true, ...(maxEvents === undefined ? {} : { maxEvents }) },
    readPage: exploredPage,
  });
  return run.run({ now: new Date(gateway.clock.nowMs), signal: new AbortController().signal });
}

const FEED = `query ($userKey: String) {
  feed(userKey: $userKey, limit: 20) { id modelVersion hero { market { id } score } grid { market { id } score } }
}`;

const EXPLAIN = `query ($feedId: ID!) {
  explainFeed(feedId: $feedId) { feed { modelVersion } replay { outcome changed } items { item { score } contributions { amount } } }
}`;

describe('the learning job', () => {
  it('publishes nothing without choices', async () => {
    expect(await learn()).toEqual({ engagements: 0, steps: 0, explored: 0, version: null });
    const { data } = await gateway.query(FEED, { userKey: 'ann' });
    expect(data).toMatchObject({ feed: { modelVersion: 'default' } });
  });

  it('counts new choices, learns from each first one, and continues after them', async () => {
    await click('ann', ['market-1', 'market-2', 'market-2', 'market-3']);
    const first = await learn();
    expect(first).toMatchObject({ engagements: 4, steps: 3 });
    await click('bob', ['market-1', 'market-2']);
    const second = await learn();
    expect(second).toMatchObject({ engagements: 2, steps: 2 });
    expect(second.version).toBe((first.version ?? NaN) + 1);
    expect(await learn()).toMatchObject({ engagements: 0, version: null });

    await gateway.backend.models.load();
    const { signals, version } = gateway.backend.models.current;
    expect(version).toBe(String(second.version));
    expect([...(signals.movesFromMarket('market-1')?.to ?? [])]).toEqual([['market-2', 2]]);
    const [latest] = await gateway.backend.services.modelList.list({ limit: 1 });
    expect(latest).toMatchObject({ version: second.version, choices: 5, trusted: false });
    expect(latest?.weights[0]).toMatchObject({ name: 'v2', byDefault: 1 });
  });

  it('learns from no old choices, and from none while it is frozen, but counts them', async () => {
    await gateway.backend.history.importAll([
      {
        ...{ userKey: 'cleo', marketId: 'market-7', eventType: 'CLICK' },
        occurredAt: new Date(gateway.clock.nowMs - 2 * HOUR_MS),
      },
    ]);
    expect(await learn()).toMatchObject({ engagements: 1, steps: 0 });
    await click('cleo', ['market-8']);
    expect(await learn({ mode: 'frozen' })).toMatchObject({ engagements: 1, steps: 0 });
    await gateway.backend.models.load();
    expect(gateway.backend.models.current.signals.activityOf('market-7')?.recentUsers).toBe(1);
  });

  it('learns from rejections by their strength, and publishes them without counting them', async () => {
    const ignored = { ...config.learning.negatives, HIDE: 0 };
    const reject = async (userKey: string, marketId: string) => {
      const event = { userKey, marketId, eventType: 'HIDE' as const };
      const occurredAt = new Date(gateway.clock.nowMs - MINUTE_MS);
      await gateway.backend.history.importAll([{ ...event, occurredAt }]);
    };
    await reject('eve', 'market-20');
    expect(await learn({ negatives: ignored })).toMatchObject({ engagements: 0, steps: 0 });
    const before = await gateway.backend.store.models.latest();
    const after = await learn();
    expect(after).toMatchObject({ engagements: 0, steps: 1, version: (before?.version ?? NaN) + 1 });
    await gateway.backend.models.load();
    expect(gateway.backend.models.current.signals.activityOf('market-20')).toBeUndefined();
    const [latest, earlier] = await gateway.backend.store.models.list(2);
    const trustOf = (model: typeof latest) => (model?.state as { trust: object }).trust;
    expect(trustOf(latest)).toEqual(trustOf(earlier));
    // The user who hid it knows it now.
    await reject('eve', 'market-20');
    expect(await learn()).toMatchObject({ steps: 0 });
  });
});

describe('the learning job of a large site', () => {
  it('reads the latest events only', async () => {
    await click('eve', ['market-21', 'market-22', 'market-23', 'market-24']);
    expect(await learn({}, 3)).toMatchObject({ engagements: 3 });
    await gateway.backend.models.load();
    const { signals } = gateway.backend.models.current;
    const counted = ['market-21', 'market-22'].map((id) => signals.activityOf(id) !== undefined);
    expect(counted).toEqual([false, true]);
  });
});

describe('feeds under a model', () => {
  it('are the same on two replicas with the same version', async () => {
    await gateway.backend.models.load();
    await replica.models.load();
    await replica.services.catalog.refresh();
    const request = { userKey: 'ann', limit: 20 };
    const [one, other] = await Promise.all(
      [gateway.backend, replica].map(({ services }) => services.feed.feed(request)),
    );
    expect(one?.modelVersion).toMatch(/^\d+$/);
    expect(JSON.stringify(other)).toBe(JSON.stringify(one));
  });

  it('replay exactly after a later version and after the learner was switched off', async () => {
    const { data } = await gateway.query(FEED, { userKey: 'ann' });
    const { feed } = data as { feed: { id: string; modelVersion: string } };
    await click('dan', ['market-1', 'market-2', 'market-3', 'market-4']);
    await learn();
    await gateway.backend.models.load();
    const explained = await gateway.query(EXPLAIN, { feedId: feed.id });
    expect(explained.data).toMatchObject({
      explainFeed: { feed: { modelVersion: feed.modelVersion }, replay: { outcome: 'SAME', changed: [] } },
    });
    const later = await gateway.query(FEED, { userKey: 'ann' });
    expect(later.data).not.toMatchObject({ feed: { modelVersion: feed.modelVersion } });
  });

  it('use the weights of the config at once when the learner is switched off, reset or unpinned', async () => {
    const { store } = gateway.backend;
    let current = config;
    const serviceOf = (modelsEnabled: boolean) =>
      new ModelService({
        ...{ models: store.models, config: () => current, modelsEnabled, logger: recordingLogger().logger },
        collaborative: new CollaborativeVersions(store.collaborative),
      });
    const trusted = await store.models.latest();
    const state = trusted?.state as { trust: object; weights: object };
    const version = await store.transaction(({ models }) =>
      models.publish({
        ...{ publishedAt: new Date(gateway.clock.nowMs), seq: trusted?.seq ?? 0n },
        state: {
          ...state,
          trust: { ...state.trust, isTrusted: true },
          weights: { ...state.weights, last: 2.4 },
        },
        signals: new Uint8Array(trusted?.signals ?? []),
        exploration: null,
      }),
    );
    const service = serviceOf(true);
    await service.load();
    expect(service.current.version).toBe(String(version));
    expect(service.current.learned?.features.last).toBeCloseTo(0.4, 12);
    expect(service.current).toBe(service.current);

    current = { ...config, learning: { ...config.learning, mode: 'off' } };
    expect(service.current).toMatchObject({ version: `${version}-off`, learned: null });
    expect(service.current.signals.movesFromMarket('market-1')).toBeDefined();

    current = config;
    const disabled = serviceOf(false);
    await disabled.load();
    expect(disabled.current.learned).toBeNull();

    expect(await gateway.backend.resetModel()).toBe(version + 1);
    await service.load();
    expect(service.current).toMatchObject({ version: String(version + 1), learned: null });

    current = { ...config, learning: { ...config.learning, pin: version } };
    await service.load();
    expect(service.current.version).toBe(`${version + 1}-pin-${version}`);
    expect(service.current.learned?.features.last).toBeCloseTo(0.4, 12);
  });

  it('keep the last version of each earlier day', async () => {
    const { models } = gateway.backend.store;
    const before = await models.list(100);
    expect(before.length).toBeGreaterThan(2);
    await models.prune(new Date(gateway.clock.nowMs + 3 * DAY_MS));
    expect((await models.list(100)).map(({ version }) => version)).toEqual([before[0]?.version]);
  });
});
