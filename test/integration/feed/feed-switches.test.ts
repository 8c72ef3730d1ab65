import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { FeedDocument, TrackInteractionDocument } from '../../../src/generated/client/graphql.js';
import { queryDatabase } from '../../support/test-database.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let folder: string;
let gateway: TestGateway;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-switches-'));
});

afterEach(() => gateway.close());

afterAll(() => rm(folder, { recursive: true, force: true }));

async function startWith(config: object, env: Record<string, string> = {}): Promise<void> {
  const file = path.join(folder, 'ranking.yaml');
  await writeFile(file, JSON.stringify(config));
  gateway = await startTestGateway({ BELLWETHER_CONFIG: file, ...env });
  await gateway.addMarkets(
    ...Array.from({ length: 15 }, (_, index) => ({ id: `m${index}`, category: `Topic ${index % 5}` })),
  );
}

const feedOf = async (userKey: string) => {
  const { data, errors } = await gateway.run(FeedDocument, { userKey, limit: 12 });
  if (!data) throw new Error(JSON.stringify(errors));
  return data.feed;
};

describe('a feed with impressions.trackOnServe', () => {
  it('records impressions of hero and grid, and none of the stream', async () => {
    await startWith({ impressions: { trackOnServe: true } });
    const feed = await feedOf('reader');
    const shown = [...(feed.hero ? [feed.hero] : []), ...feed.grid].map(({ market }) => market.id);
    expect(feed.stream.length).toBeGreaterThan(0);
    await vi.waitFor(async () => {
      const [profile] = await gateway.backend.store.profiles.load(['reader']);
      expect([...(profile?.impressions.keys() ?? [])].sort()).toEqual(shown.sort());
    });
  });

  it('records a feed once if it is served several times before its impressions are stored', async () => {
    await startWith({ impressions: { trackOnServe: true } });
    const feeds = await Promise.all(Array.from({ length: 5 }, () => feedOf('reader')));
    const byId = new Map(feeds.map((feed) => [feed.id, feed]));
    expect(byId.size).toBeLessThan(feeds.length);
    const shown = [...byId.values()].reduce((sum, { grid }) => sum + 1 + grid.length, 0);
    const counts = () =>
      queryDatabase(
        gateway.databaseUrl,
        `select count(*)::int as events, count(distinct feed_id)::int as feeds from interactions`,
      );
    await expect.poll(counts).toEqual([{ events: shown, feeds: byId.size }]);
    await gateway.backend.services.tracking.trackImpressions({
      ...{ userKey: 'reader', feedId: null, items: [{ marketId: 'm0' }] },
    });
    expect(await counts()).toEqual([{ events: shown + 1, feeds: byId.size }]);
  });

  it('records no impressions for a feed without a userKey', async () => {
    await startWith({ impressions: { trackOnServe: true } });
    await gateway.run(FeedDocument, { limit: 12 });
    await feedOf('reader');
    await vi.waitFor(async () => {
      const page = await gateway.backend.store.profileRewrites.pageAfter('', 10, Infinity);
      expect(page.userKeys).toEqual(['reader']);
    });
  });
});

describe.each([
  ['by the config', { ranking: { personalization: false } }, {}],
  ['by the environment', {}, { PERSONALIZATION_ENABLED: 'false' }],
] as const)('a feed with personalization switched off %s', (_, config, env) => {
  it('reads no profile, is the global ranking, and is not degraded', async () => {
    await startWith(config, env);
    const input = { userKey: 'trader', marketId: 'm3', eventType: 'PARTICIPATE' as const };
    expect((await gateway.run(TrackInteractionDocument, { input })).errors).toBeUndefined();
    gateway.statements.length = 0;
    const feed = await feedOf('trader');
    expect(gateway.statements.filter((sql) => sql.includes('from profiles'))).toEqual([]);
    expect(feed).toMatchObject({ personalized: false, algorithmVersion: 'v2' });
    const scoresOf = async (userKey: string) => {
      const { hero, grid, stream } = await gateway.backend.services.feed.feed({ userKey, limit: 12 });
      return new Map(
        [...(hero ? [hero] : []), ...grid, ...stream].map(({ market, score }) => [market.id, score]),
      );
    };
    const ofAnother = await scoresOf('another user');
    const inBoth = [...(await scoresOf('trader'))].filter(([id]) => ofAnother.has(id));
    expect(inBoth.length).toBeGreaterThan(5);
    for (const [id, score] of inBoth) expect(ofAnother.get(id)).toBe(score);
  });
});

describe('a user of a holdout with the global ranking', () => {
  it('gets the global ranking on every page of the feed', async () => {
    await startWith({ ranking: { rollout: 0, others: 'global' } });
    const input = { userKey: 'trader', marketId: 'm3', eventType: 'PARTICIPATE' as const };
    await gateway.run(TrackInteractionDocument, { input });
    const { id } = await feedOf('trader');
    const { data } = await gateway.query(
      'query ($id: ID!) { servedFeed(id: $id) { items(first: 12) { nodes { scores { personal } } } } }',
      { id },
    );
    const { items } = data?.['servedFeed'] as {
      items: { nodes: { scores: { personal: number | null } }[] };
    };
    expect(items.nodes.map(({ scores }) => scores.personal)).toEqual(Array.from({ length: 12 }, () => null));
  });
});
