import type { ExecutionResult } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../src/app/backend.js';
import {
  FeedDocument,
  ServedFeedDocument,
  TrackInteractionDocument,
} from '../../../src/generated/client/graphql.js';
import { CLOCK_STEP_MS } from '../../../src/feed/ranking-time.js';
import { MINUTE_MS } from '../../../src/lib/time.js';
import { startOfMinute } from '../../../src/scoring/shared/time.js';
import { executeAs } from '../../support/execute-as.js';
import { openReplica, startTestGateway, type TestGateway } from '../../support/test-gateway.js';

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
  replica = await openReplica(gateway);
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

/** Returns a page of a served feed, and the cursor of the next page. */
async function pageOf(id: string, first: number, after: string | null = null) {
  const { data, errors } = await gateway.run(ServedFeedDocument, { id, first, after });
  if (!data?.servedFeed) throw new Error(JSON.stringify(errors ?? 'The feed is not found.'));
  const { nodes, pageInfo } = data.servedFeed.items;
  return { ...pageInfo, nodes, ids: nodes.map(({ market }) => market.id) };
}

/** Returns the cursor of the item at a rank. */
async function cursorAt(id: string, rank: number): Promise<string> {
  const { endCursor } = await pageOf(id, rank);
  return endCursor ?? '';
}

const hide = (marketId: string | undefined) =>
  gateway.run(TrackInteractionDocument, {
    input: { userKey: 'ann', marketId: marketId ?? '', eventType: 'HIDE' },
  });

describe('a served feed', () => {
  it('starts with the items of the feed, with the same ids, sections and positions', async () => {
    const { data } = await gateway.run(FeedDocument, { userKey: 'ann', limit: 14 });
    const { id, hero, grid, stream } = data?.feed ?? { id: '', hero: null, grid: [], stream: [] };
    const shown = [hero, ...grid, ...stream];
    const { nodes } = await pageOf(id, 14);
    const identity = shown.map((item) => [item?.id, item?.section, item?.position, item?.market.id]);
    expect(nodes.map((item) => [item.id, item.section, item.position, item.market.id])).toEqual(identity);
    expect(identity.map(([itemId]) => itemId)).toEqual(shown.map((_, index) => `${id}:${index + 1}`));
    expect(identity.map(([, section, position]) => `${section} ${position}`)).toEqual([
      'HERO 0',
      ...Array.from({ length: 9 }, (_, position) => `GRID ${position}`),
      ...Array.from({ length: 4 }, (_, position) => `STREAM ${position}`),
    ]);
  });

  it('continues to its end without repeats, and with all markets that were not hidden, while catalog and profile change', async () => {
    const { id, shown } = await freshFeed();
    const seen: string[] = [];
    for (let round = 0, after: string | null = null; ; round += 1) {
      const { nodes, ids, hasNextPage, endCursor } = await pageOf(id, 25, after);
      expect(nodes.map(({ rank }) => rank)).toEqual(nodes.map((_, index) => seen.length + index + 1));
      seen.push(...ids);
      if (!hasNextPage) break;
      after = endCursor;
      // The profile and the catalog change between pages.
      await hide(seen[round]);
      await gateway.addMarkets({ id: `later-${round}` }, { id: ids[0] ?? '', probability: 0.9 });
      gateway.clock.nowMs += MINUTE_MS;
    }
    expect(seen.slice(0, shown.length)).toEqual(shown);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(150);
    expect(seen.filter((marketId) => marketId.startsWith('later'))).toEqual([]);
  });

  it('continues in the same order on another replica', async () => {
    const { id } = await freshFeed();
    const here = await pageOf(id, 30);
    const { feed } = replica.services;
    await expect
      .poll(async () => {
        const served = await feed.served(id, null);
        const items = served && (await feed.servedItems(served, { first: 30 }));
        return items?.nodes.map(({ market }) => market.id);
      })
      .toEqual(here.ids);
  });

  it('leaves out markets that the user hid in the meantime, fills the page, and keeps the ranks of the others', async () => {
    const { id } = await freshFeed();
    const after = await cursorAt(id, 10);
    const { ids } = await pageOf(id, 4, after);
    await hide(ids[0]);
    await hide(ids[2]);
    const page = await pageOf(id, 2, after);
    expect(page.nodes.map(({ rank, market }) => [rank, market.id])).toEqual([
      [12, ids[1]],
      [14, ids[3]],
    ]);
    expect(page.hasNextPage).toBe(true);
  });

  it('ends without a next page if all markets that follow are hidden', async () => {
    const { id } = await freshFeed();
    const { endCursor: after } = await pageOf(id, 100);
    const rest = await pageOf(id, 100, after);
    expect(rest.hasNextPage).toBe(false);
    const allButLast = () => pageOf(id, rest.ids.length - 1, after);
    expect((await allButLast()).hasNextPage).toBe(true);
    await hide(rest.ids.at(-1));
    expect((await allButLast()).hasNextPage).toBe(false);
    expect(await pageOf(id, 5, rest.endCursor)).toMatchObject({
      ...{ nodes: [], hasNextPage: false, endCursor: null },
    });
  });

  it('has the scores of the served page, whatever the market is worth since', async () => {
    const { feed } = gateway.backend.services;
    const shown = await feed.feed({ userKey: 'ann', limit: 10 });
    const scores = [...(shown.hero ? [shown.hero] : []), ...shown.grid].map(({ id, score }) => [id, score]);
    const [, boosted] = shown.grid;
    await gateway.addMarkets({ id: boosted?.market.id ?? '', editorialBoost: 1 });
    const served = await feed.served(shown.id, null);
    const items = served && (await feed.servedItems(served, { first: 10 }));
    expect(items?.nodes.map(({ id, score }) => [id, score])).toEqual(scores);
    expect(items?.nodes.find(({ id }) => id === boosted?.id)?.scores.final).not.toBe(boosted?.score);
    await gateway.addMarkets({ id: boosted?.market.id ?? '', editorialBoost: 0 });
  });

  it('rejects the cursor of another feed', async () => {
    const one = await freshFeed(10);
    const other = await freshFeed(11);
    expect(other.id).not.toBe(one.id);
    const after = await cursorAt(one.id, 5);
    const { data, errors } = await gateway.run(ServedFeedDocument, { id: other.id, after });
    expect(data?.servedFeed?.items ?? null).toBeNull();
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'after' });
    expect(errors?.[0]?.message).toContain(one.id);
  });

  it('is null 30 minutes after the last time at which the feed can be served', async () => {
    const { id } = await freshFeed();
    gateway.clock.nowMs = startOfMinute(gateway.clock.nowMs) + CLOCK_STEP_MS - 1;
    expect((await freshFeed()).id).toBe(id);
    gateway.clock.nowMs += 30 * MINUTE_MS;
    await pageOf(id, 1);
    gateway.clock.nowMs += 2;
    const { data, errors } = await gateway.run(ServedFeedDocument, { id });
    expect([data, errors]).toEqual([{ servedFeed: null }, undefined]);
  });

  it.each(['nonsense', '', '019a0000-0000-7000-8000-000000000000'])(
    'is null for the unknown id "%s"',
    async (id) => {
      const { data, errors } = await gateway.run(ServedFeedDocument, { id });
      expect([data, errors]).toEqual([{ servedFeed: null }, undefined]);
    },
  );

  it.each([
    ['after', { after: 'nonsense' }],
    ['after', { after: Buffer.from('["rank",0]').toString('base64url') }],
    ['first', { first: 101 }],
    ['first', { first: 0 }],
  ])('rejects an invalid %s: %j', async (field, variables) => {
    const { id } = await freshFeed();
    const { errors } = await gateway.run(ServedFeedDocument, { id, ...variables });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field });
  });
});

describe('the items of a feed', () => {
  const ITEMS = `query ($limit: Int, $first: Int, $after: String) {
    feed(userKey: "bea", limit: $limit) { id hero { id } items(first: $first, after: $after) {
      edges { cursor node { id rank score } } nodes { id }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`;
  interface Items {
    readonly edges: { cursor: string; node: { id: string; rank: number; score: number } }[];
    readonly nodes: { id: string }[];
    readonly pageInfo: Record<'hasNextPage' | 'hasPreviousPage', boolean> &
      Record<'startCursor' | 'endCursor', string | null>;
  }
  const itemsOf = async (variables: Record<string, unknown>) => {
    const { data, errors } = await gateway.query(ITEMS, variables);
    if (!data) throw new Error(JSON.stringify(errors));
    return data['feed'] as { id: string; hero: { id: string }; items: Items };
  };

  it('start with the hero, and continue behind the first page', async () => {
    const { id, hero, items } = await itemsOf({ limit: 5, first: 12 });
    expect(items.nodes[0]).toEqual(hero);
    expect(items.edges.map(({ node }) => node.id)).toEqual(
      Array.from({ length: 12 }, (_, index) => `${id}:${index + 1}`),
    );
    expect(items.pageInfo).toEqual({
      ...{ hasNextPage: true, hasPreviousPage: false },
      ...{ startCursor: items.edges[0]?.cursor, endCursor: items.edges[11]?.cursor },
    });
  });

  it.each([3, 5, 7])('continue after rank %i of a first page of 5', async (rank) => {
    const all = await itemsOf({ limit: 5, first: 20 });
    const after = all.items.edges[rank - 1]?.cursor;
    const { items } = await itemsOf({ limit: 5, first: 20 - rank, after });
    expect(items.nodes).toEqual(all.items.nodes.slice(rank));
    expect(items.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
  });

  it('have 20 items on a page, and 20 on the first page, for null', async () => {
    const { items } = await itemsOf({ limit: null, first: null, after: null });
    expect(items.nodes).toHaveLength(20);
  });

  it('end with the feed', async () => {
    const { items } = await itemsOf({ limit: 100, first: 100 });
    const rest = await itemsOf({ limit: 100, first: 100, after: items.pageInfo.endCursor });
    expect(rest.items.pageInfo.hasNextPage).toBe(false);
    expect(new Set([...items.nodes, ...rest.items.nodes].map(({ id }) => id)).size).toBe(
      items.nodes.length + rest.items.nodes.length,
    );
  });
});

describe('a client with a token', () => {
  const asAnn = (query: string) =>
    executeAs(gateway, { role: 'CLIENT', userKey: 'ann', expiresAtMs: Infinity }, query);
  const forbidden = [{ extensions: { code: 'FORBIDDEN' } }];
  const codes = ({ errors = [] }: ExecutionResult) =>
    errors.map(({ originalError }) => ({
      extensions: { code: (originalError as { code?: unknown } | undefined)?.code },
    }));

  it('gets the feed, ranking and profile of its user, and FORBIDDEN for another', async () => {
    const own = await asAnn('{ feed { userKey } rankMarkets(marketIds: []) { userKey } }');
    expect(own).toEqual({ data: { feed: { userKey: 'ann' }, rankMarkets: { userKey: 'ann' } } });
    for (const root of [
      'feed(userKey: "bea") { id }',
      'rankMarkets(userKey: "bea", marketIds: []) { userKey }',
      'userProfile(userKey: "bea") { userKey }',
      'simulateFeed(userKey: "bea", config: {}) { presentConfigVersion }',
    ]) {
      expect(codes(await asAnn(`{ ${root} }`)), root).toEqual(forbidden);
    }
  });

  it('continues and explains a feed of its user or of no user, and finds none of another user', async () => {
    const feedIdOf = async (userKey: string | null) =>
      (await gateway.backend.services.feed.feed({ userKey })).id;
    for (const userKey of ['ann', null, 'bea']) {
      const id = await feedIdOf(userKey);
      const served = await asAnn(`{ servedFeed(id: "${id}") { id } }`);
      expect(served).toEqual({ data: { servedFeed: userKey === 'bea' ? null : { id } } });
      const explained = await asAnn(`{ explainFeed(feedId: "${id}") { feed { id } } }`);
      expect(codes(explained)).toEqual(userKey === 'bea' ? [{ extensions: { code: 'NOT_FOUND' } }] : []);
    }
  });

  it('gets the same error for explaining a feed of another user and an unknown feed', async () => {
    const { id } = await gateway.backend.services.feed.feed({ userKey: 'bea' });
    const messageOf = async (feedId: string) =>
      (await asAnn(`{ explainFeed(feedId: "${feedId}") { feed { id } } }`)).errors?.map(
        ({ message }) => message,
      );
    expect(await messageOf(id)).toHaveLength(1);
    expect(await messageOf(id)).toEqual(await messageOf('00000000-0000-7000-8000-000000000000'));
  });
});
