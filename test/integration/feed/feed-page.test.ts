import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBackend, type Backend } from '../../../src/app/backend.js';
import { readSettings } from '../../../src/config/settings.js';
import {
  FeedDocument,
  FeedPageDocument,
  TrackInteractionDocument,
} from '../../../src/generated/client/graphql.js';
import { MINUTE_MS } from '../../../src/lib/time.js';
import { recordingLogger } from '../../support/log-lines.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;
/** A second replica on the same database. */
let replica: Backend;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets(
    ...Array.from({ length: 150 }, (_, index) => ({
      id: `market-${String(index).padStart(3, '0')}`,
      category: ['Politics', 'Crypto', 'Science', 'Sports', 'World'][index % 5] ?? '',
      tags: [`topic-${index % 11}`],
      volumeTotal: 1_000 - index,
    })),
  );
  replica = await openBackend({
    settings: readSettings({ DATABASE_URL: gateway.databaseUrl, PORT: '0', NODE_ENV: 'test' }),
    logger: recordingLogger().logger,
    clock: () => gateway.clock.nowMs,
  });
});

afterAll(async () => {
  await replica.close();
  await gateway.close();
});

async function freshFeed(limit = 10) {
  const { data, errors } = await gateway.run(FeedDocument, { userKey: 'ann', limit });
  if (!data) throw new Error(JSON.stringify(errors));
  const { id, hero, grid, stream } = data.feed;
  return { id, shown: [...(hero ? [hero] : []), ...grid, ...stream].map(({ market }) => market.id) };
}

async function pageOf(feedId: string, after: number, first: number) {
  const { data, errors } = await gateway.run(FeedPageDocument, { feedId, after, first });
  if (!data) throw new Error(JSON.stringify(errors));
  const { items, hasMore } = data.feedPage;
  return { items, hasMore, ids: items.map(({ market }) => market.id) };
}

describe('a feed', () => {
  it('continues to its end without repeated or missing markets when the catalog and the profile change in the meantime', async () => {
    const { id, shown } = await freshFeed();
    const seen = [...shown];
    for (let round = 0; ; round += 1) {
      const { items, hasMore, ids } = await pageOf(id, seen.length, 25);
      expect(items.map(({ rank }) => rank)).toEqual(items.map((_, index) => seen.length + index + 1));
      seen.push(...ids);
      if (!hasMore) break;
      // The profile and the catalog change between pages.
      const input = { userKey: 'ann', marketId: seen[round] ?? '', eventType: 'HIDE' as const };
      await gateway.run(TrackInteractionDocument, { input });
      await gateway.addMarkets({ id: `later-${round}` }, { id: ids[0] ?? '', probability: 0.9 });
      gateway.clock.nowMs += MINUTE_MS;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(150);
    expect(seen.filter((marketId) => marketId.startsWith('later'))).toEqual([]);
  });

  it('continues in the same order on another replica', async () => {
    const { id, shown } = await freshFeed();
    const here = await pageOf(id, shown.length, 30);
    const { services } = replica;
    await expect
      .poll(async () => {
        const page = services.feed.page({ feedId: id, after: shown.length, first: 30 });
        return (await page.catch(() => ({ items: [] }))).items.map(({ market }) => market.id);
      })
      .toEqual(here.ids);
  });

  it('omits markets that the user hid in the meantime', async () => {
    const { id } = await freshFeed();
    const [first, second] = (await pageOf(id, 10, 2)).ids;
    const input = { userKey: 'ann', marketId: first ?? '', eventType: 'HIDE' as const };
    await gateway.run(TrackInteractionDocument, { input });
    expect((await pageOf(id, 10, 2)).items.map(({ rank, market }) => [rank, market.id])).toEqual([
      [12, second],
    ]);
  });

  it('continues after its first page without `after`', async () => {
    const { id } = await freshFeed();
    const { data } = await gateway.run(FeedPageDocument, { feedId: id, first: 1 });
    expect(data?.feedPage.items[0]?.rank).toBe(11);
  });

  it('expires after 30 minutes', async () => {
    const { id } = await freshFeed();
    gateway.clock.nowMs += 30 * MINUTE_MS;
    await pageOf(id, 10, 1);
    gateway.clock.nowMs += 1;
    const { errors } = await gateway.run(FeedPageDocument, { feedId: id });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'NOT_FOUND', field: 'feedId' });
  });

  it.each([
    ['feedId', { feedId: 'nonsense' }, 'BAD_USER_INPUT'],
    ['after', { feedId: '019a0000-0000-7000-8000-000000000000', after: -1 }, 'BAD_USER_INPUT'],
    ['first', { feedId: '019a0000-0000-7000-8000-000000000000', first: 101 }, 'BAD_USER_INPUT'],
    ['feedId', { feedId: '019a0000-0000-7000-8000-000000000000' }, 'NOT_FOUND'],
  ])('rejects a page with an invalid %s: %j', async (field, variables, code) => {
    const { errors } = await gateway.run(FeedPageDocument, variables);
    expect(errors?.[0]?.extensions).toMatchObject({ code, field });
  });
});
