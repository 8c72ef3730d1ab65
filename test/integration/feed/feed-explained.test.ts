import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FeedDocument, TrackInteractionDocument } from '../../../src/generated/client/graphql.js';
import { ExplainFeedDocument, SimulateFeedDocument } from '../../../src/generated/staff/graphql.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets(
    ...Array.from({ length: 40 }, (_, index) => ({
      id: `market-${index}`,
      category: ['Politics', 'Crypto', 'Science', 'Sports'][index % 4] ?? '',
      tags: [`topic-${index % 7}`],
      volumeTotal: 1_000 - index,
    })),
    { id: 'abroad', blockedCountries: ['IL'] },
  );
  for (const [marketId, eventType] of [
    ['market-1', 'PARTICIPATE'],
    ['market-2', 'NOT_INTERESTED'],
    ['market-3', 'HIDE'],
  ] as const) {
    await gateway.run(TrackInteractionDocument, { input: { userKey: 'ann', marketId, eventType } });
  }
});

afterAll(() => gateway.close());

async function freshFeed(): Promise<string> {
  const { data, errors } = await gateway.run(FeedDocument, { userKey: 'ann', country: 'IL', limit: 20 });
  if (!data) throw new Error(JSON.stringify(errors));
  return data.feed.id;
}

async function explained(feedId: string) {
  const { data, errors } = await gateway.run(ExplainFeedDocument, { feedId });
  if (!data) throw new Error(JSON.stringify(errors));
  return data.explainFeed;
}

describe('the explanation of a feed', () => {
  it('counts the markets of each stage and names the removed ones with the reason', async () => {
    const { stages } = await explained(await freshFeed());
    expect(stages.map(({ name, received, kept }) => [name, received, kept])).toEqual([
      ['open-markets', 41, 41],
      ['over', 41, 41],
      ['hidden', 41, 40],
      ['blocked-country', 40, 39],
      ['shown-too-often', 39, 39],
      ['score', 39, 39],
      ['select', 39, 20],
    ]);
    expect(
      stages.flatMap(({ removed }) => removed.map(({ marketId, reason }) => [marketId, reason])),
    ).toEqual([
      ['market-3', 'HIDDEN'],
      ['abroad', 'BLOCKED_COUNTRY'],
    ]);
  });

  it('has contributions that add up to each score', async () => {
    const { items } = await explained(await freshFeed());
    expect(items).toHaveLength(20);
    for (const { item, contributions } of items) {
      expect(contributions.reduce((sum, { amount }) => sum + amount, 0)).toBeCloseTo(item.score ?? NaN, 9);
    }
    expect(items.some(({ contributions }) => contributions.length > 3)).toBe(true);
  });

  it('reports an exact replay, also after the profile and the catalog changed', async () => {
    const feedId = await freshFeed();
    expect((await explained(feedId)).replay).toEqual({ outcome: 'SAME', changed: [] });

    const input = { userKey: 'ann', marketId: 'market-5', eventType: 'PARTICIPATE' as const };
    await gateway.run(TrackInteractionDocument, { input });
    await gateway.addMarkets({ id: 'market-9', probability: 0.9, volume24h: 1e6 });
    gateway.clock.nowMs += 60_000;
    expect((await explained(feedId)).replay).toEqual({ outcome: 'SAME', changed: [] });
  });

  it('stays the same after a closed market of the profile is renamed', async () => {
    await gateway.addMarkets({ id: 'closed', title: 'Will the comet topic-3 return?' });
    const input = { userKey: 'ann', marketId: 'closed', eventType: 'PARTICIPATE' as const };
    await gateway.run(TrackInteractionDocument, { input });
    await gateway.addMarkets({ id: 'closed', status: 'CLOSED' });
    await gateway.addMarkets({ id: 'market-12', title: 'Will a volcano erupt?' });
    const feedId = await freshFeed();
    const before = await explained(feedId);
    await gateway.addMarkets({ id: 'closed', title: 'Will a volcano erupt?', status: 'CLOSED' });
    await gateway.addMarkets({ id: 'market-12', probability: 0.99, volume24h: 1e6 });
    expect(await explained(feedId)).toEqual(before);
    expect(before.replay).toEqual({ outcome: 'SAME', changed: [] });
  });

  it('returns NOT_FOUND for an unknown feed', async () => {
    const feedId = '019a0000-0000-7000-8000-000000000000';
    const { errors } = await gateway.run(ExplainFeedDocument, { feedId });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'NOT_FOUND', field: 'feedId' });
  });
});

describe('the simulation of a feed', () => {
  const simulate = (config: Record<string, unknown>) =>
    gateway.run(SimulateFeedDocument, { userKey: 'ann', country: 'IL', config });

  it('equals the current feed for an empty patch', async () => {
    const { data } = await simulate({});
    expect(data?.simulateFeed.simulatedConfigVersion).toBe(data?.simulateFeed.presentConfigVersion);
    expect(data?.simulateFeed.changes.filter((change) => change.rankBefore !== change.rankAfter)).toEqual([]);
  });

  it('shows rank changes under a config patch, which is not applied', async () => {
    const weights = { similarity: 0, interest: 0, closing: 0, freshness: 5 };
    const { data } = await simulate({ v2: { weights } });
    const { changes, simulatedConfigVersion, presentConfigVersion } = data?.simulateFeed ?? { changes: [] };
    expect(simulatedConfigVersion).not.toBe(presentConfigVersion);
    expect(changes.some((change) => change.rankBefore !== change.rankAfter)).toBe(true);
    expect((await simulate({})).data?.simulateFeed.presentConfigVersion).toBe(presentConfigVersion);
  });

  it('rejects an invalid config and names its path', async () => {
    const { errors } = await simulate({ feed: { quotas: { PERSONAL: 0.9 } } });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'config.feed.quotas' });
  });
});
