import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../src/app/backend.js';
import type { Feed, FeedItem } from '../../../src/feed/feed.js';
import { CollaborativeVersions } from '../../../src/learning/collaborative/collaborative-versions.js';
import { exploredPage } from '../../../src/feed/served/explored-page.js';
import { unpackEvidence } from '../../../src/learning/exploration-codec.js';
import { LearningRun } from '../../../src/learning/learning-run.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/lib/time.js';
import type { ExplorationEvidence } from '../../../src/scoring/exploration/arms.js';
import { openReplica, startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

const MARKETS = Array.from({ length: 40 }, (_, index) => `market-${index}`);

let folder: string;
let configFile: string;
let gateway: TestGateway;
let replica: Backend;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'exploration-'));
  configFile = join(folder, 'ranking.yaml');
  writeFileSync(configFile, configOf('linUcb'));
  gateway = await startTestGateway({ BELLWETHER_CONFIG: configFile });
  await gateway.addMarkets(
    ...MARKETS.map((id, index) => ({
      ...{ id, title: `Will number ${index} win?`, category: index % 2 === 0 ? 'Politics' : 'Sports' },
      createdAt: new Date(TEST_NOW_MS - HOUR_MS),
    })),
  );
  replica = await openReplica(gateway, { BELLWETHER_CONFIG: configFile });
});

afterAll(async () => {
  await replica.close();
  await gateway.close();
  rmSync(folder, { recursive: true });
});

function configOf(policy: string): string {
  return `feed: { exploration: { policy: ${policy}, epsilon: 0.2, halfLifeDays: 7, rewardMinutes: 10 } }\n`;
}

const exploredItems = ({ hero, grid, stream }: Feed): FeedItem[] =>
  [...(hero === null ? [] : [hero]), ...grid, ...stream].filter(({ slot }) => slot === 'EXPLORATION');

async function feedOf(userKey: string | null, backend = gateway.backend): Promise<Feed> {
  const feed = await backend.services.feed.feed({ userKey, country: 'IL', limit: 20 });
  await expect.poll(async () => (await gateway.backend.store.servedFeeds.findAll([feed.id])).length).toBe(1);
  return feed;
}

/** Reports impressions of all explored markets of a feed, and a click on the first `clicks` of them. */
async function see(userKey: string, feed: Feed, clicks: number): Promise<void> {
  const items = exploredItems(feed);
  const { tracking } = gateway.backend.services;
  await tracking.trackImpressions({
    ...{ userKey, feedId: feed.id, clientEventId: `seen:${feed.id}:${gateway.clock.nowMs}` },
    items: items.map(({ market, section, position }) => ({ marketId: market.id, section, position })),
  });
  for (const { market } of items.slice(0, clicks))
    await tracking.track({ userKey, marketId: market.id, eventType: 'CLICK', feedId: feed.id });
}

/** Runs the job after the time for rewards. */
async function learn(now = gateway.clock.nowMs + 15 * MINUTE_MS) {
  gateway.clock.nowMs = now;
  const { store, services, liveConfig } = gateway.backend;
  const run = new LearningRun({
    ...{ store, catalog: services.catalog, trends: () => services.trends.state },
    collaborative: new CollaborativeVersions(store.collaborative),
    config: () => liveConfig.current.config,
    ...{ modelsEnabled: true, readPage: exploredPage },
  });
  return run.run({ now: new Date(now), signal: new AbortController().signal });
}

async function evidence(): Promise<ExplorationEvidence> {
  const packed = (await gateway.backend.store.models.latest())?.exploration;
  const stored = packed == null ? null : await unpackEvidence(packed);
  if (stored === null) throw new Error('No evidence is stored.');
  return stored.evidence;
}

const EXPLAIN = `query ($feedId: ID!) {
  explainFeed(feedId: $feedId) {
    feed { modelVersion } items { item { slot propensity market { id } } } replay { outcome changed }
  }
}`;

describe('the evidence about explored markets', () => {
  it('counts explored impressions and their rewards once, after the time for a reward', async () => {
    const feed = await feedOf('ann');
    const items = exploredItems(feed);
    expect(items.length).toBeGreaterThan(1);
    await see('ann', feed, 1);
    // Other impressions of the same feed, without a feed, and by a user who does not own it, do not count.
    await see('ann', feed, 0);
    await see('eve', feed, 1);
    const { tracking } = gateway.backend.services;
    const [first] = items.map(({ market }) => market.id);
    for (const feedId of [null, 'not-a-feed'])
      await tracking.trackImpressions({
        ...{ userKey: 'ann', feedId, items: [{ marketId: first, section: 'GRID', position: 0 }] },
      });

    const early = await learn(gateway.clock.nowMs + 5 * MINUTE_MS);
    expect(early).toMatchObject({ explored: 0 });
    expect(await learn(gateway.clock.nowMs + 6 * MINUTE_MS)).toMatchObject({ explored: items.length });
    const { arms, impressions, linear } = await evidence();
    const decay = 2 ** (-(11 * MINUTE_MS) / (7 * DAY_MS));
    expect(arms.size).toBe(items.length);
    expect(impressions).toBeCloseTo(items.length * decay, 9);
    expect(arms.get(first ?? '')?.rewards).toBeCloseTo(decay, 9);
    const rewards = [...arms.values()].reduce((sum, arm) => sum + arm.rewards, 0);
    expect(rewards).toBeCloseTo(decay, 9);
    // The first feature is 1 for each impression.
    expect(linear.gram[0]).toBeCloseTo(items.length * decay, 9);
    expect(linear.moment[0]).toBeCloseTo(decay, 9);
    expect(await learn()).toMatchObject({ explored: 0, version: null });
  });

  it('rewards no engagement after the time for it', async () => {
    const before = await evidence();
    const feed = await feedOf('bob');
    await see('bob', feed, 0);
    gateway.clock.nowMs += 11 * MINUTE_MS;
    for (const { market } of exploredItems(feed))
      await gateway.backend.services.tracking.track({
        ...{ userKey: 'bob', marketId: market.id, eventType: 'CLICK' },
      });
    expect((await learn()).explored).toBeGreaterThan(0);
    const rewards = (of: ExplorationEvidence): number =>
      [...of.arms.values()].reduce((sum, arm) => sum + arm.rewards, 0);
    expect(rewards(await evidence())).toBeLessThan(rewards(before));
  });

  it('has nothing of a user who was erased before the run', async () => {
    const feed = await feedOf('carl');
    await see('carl', feed, 1);
    await gateway.backend.services.erasure.erase('carl', 'IGNORE');
    const before = await evidence();
    expect(await learn()).toMatchObject({ explored: 0 });
    expect([...(await evidence()).arms.keys()].sort()).toEqual([...before.arms.keys()].sort());
  });
});

describe('a policy that learns', () => {
  it('changes what it explores with the next version, and replays an earlier feed exactly', async () => {
    await gateway.backend.models.load();
    const before = await feedOf(null);
    const favorite = exploredItems(before)[0]?.market.id ?? '';
    for (const user of ['u1', 'u2', 'u3', 'u4', 'u5', 'u6']) {
      const feed = await feedOf(user);
      await see(user, feed, exploredItems(feed).length);
    }
    const { version } = await learn();
    await gateway.backend.models.load();
    const after = await feedOf(null);
    expect(after.modelVersion).toBe(String(version));
    const propensities = (feed: Feed) =>
      exploredItems(feed).map(({ market, propensity }) => [market.id, propensity]);
    expect(propensities(after)).not.toEqual(propensities(before));
    expect((await evidence()).arms.has(favorite)).toBe(true);

    const { data } = await gateway.query(EXPLAIN, { feedId: before.id });
    const explained = data as {
      explainFeed: { items: { item: { slot: string; propensity: number; market: { id: string } } }[] };
    };
    expect(data).toMatchObject({
      explainFeed: { feed: { modelVersion: before.modelVersion }, replay: { outcome: 'SAME', changed: [] } },
    });
    expect(
      explained.explainFeed.items
        .filter(({ item }) => item.slot === 'EXPLORATION')
        .map(({ item }) => [item.market.id, item.propensity]),
    ).toEqual(propensities(before));
  });

  it.each(['thompson', 'linThompson', 'ucb1', 'epsilonGreedy', 'linUcb'])(
    'serves the same bytes on two replicas with the same version: %s',
    async (policy) => {
      writeFileSync(configFile, configOf(policy));
      gateway.clock.nowMs += MINUTE_MS;
      const backends = [gateway.backend, replica];
      for (const backend of backends) {
        await backend.liveConfig.reload();
        await backend.models.load();
        await backend.services.catalog.refresh();
      }
      const [one, other] = await Promise.all(backends.map((backend) => feedOf('dora', backend)));
      expect(exploredItems(one as Feed).length).toBeGreaterThan(0);
      expect(JSON.stringify(other)).toBe(JSON.stringify(one));
    },
  );

  it('keeps the evidence while the policy is `weighted`, and drops the linear model on a reset', async () => {
    const before = await evidence();
    expect(before.linear.gram[0]).toBeGreaterThan(0);
    writeFileSync(configFile, configOf('weighted'));
    await gateway.backend.liveConfig.reload();
    await see('finn', await feedOf('finn'), 1);
    expect(await learn()).toMatchObject({ engagements: 1, explored: 0 });
    expect(await evidence()).toEqual(before);
    await gateway.backend.resetModel();
    const after = await evidence();
    expect(after.arms).toEqual(before.arms);
    expect(after.linear.gram[0]).toBe(0);
  });
});
