import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../src/app/backend.js';
import { packPage, packRest } from '../../../src/feed/served/codec.js';
import { FeedDocument, ServedFeedDocument } from '../../../src/generated/client/graphql.js';
import { ExplainFeedDocument } from '../../../src/generated/staff/graphql.js';
import { openReplica, startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;
/** A second replica, which reads every feed from the database. */
let replica: Backend;
let client: Client;

const MARKETS = 400_000;
const FEEDS = 10_000;

beforeAll(async () => {
  gateway = await startTestGateway();
  client = new Client({ connectionString: gateway.databaseUrl });
  await client.connect();
  await client.query(`select setval('market_numbers_number_seq', $1)`, [MARKETS - 200]);
  await gateway.addMarkets(
    ...Array.from({ length: 100 }, (_, index) => ({
      id: `market-${index}`,
      category: ['Politics', 'Crypto', 'Science', 'Sports'][index % 4] ?? '',
      volumeTotal: 1_000 - index,
    })),
  );
  replica = await openReplica(gateway);
});

afterAll(async () => {
  await client.end();
  await replica.close();
  await gateway.close();
});

async function storedFeed(): Promise<string> {
  const { data } = await gateway.run(FeedDocument, { userKey: 'ann', country: 'IL', limit: 20 });
  const feedId = data?.feed.id ?? '';
  await expect.poll(() => gateway.backend.store.servedFeeds.find(feedId, null)).toBeDefined();
  return feedId;
}

describe('a stored feed', () => {
  it('takes at most 1,056 bytes with its indexes for 20 items and a continuation of 200 among 400,000 markets', async () => {
    const numbers = Array.from({ length: 220 }, (_, index) => MARKETS - ((index * 7_919) % 100_000));
    const feed = (index: number) => ({
      feedId: uuidv7(),
      userKey: `0x${createHash('sha256').update(String(index)).digest('hex')}`,
      servedAt: new Date(TEST_NOW_MS + index),
      page: packPage({
        ...{ feedId: '', userKey: '', country: 'IL', nowMs: TEST_NOW_MS, limit: 20, notes: [], rest: null },
        ...{ algorithm: 'v2', algorithmVersion: 'v2', personal: true, personalized: true, degraded: false },
        ...{
          configVersion: '0123456789ab',
          modelVersion: '1234',
          arms: {},
          catalogVersion: '123456789',
          profileVersion: 12_345,
        },
        trendsComputedAtMs: TEST_NOW_MS - 30_123,
        page: numbers.slice(0, 20).map((number, position) => ({
          ...{ marketId: '', number, score: 1 / (position + 3), badge: null },
          ...(position < 2
            ? { slot: 'EXPLORATION' as const, propensity: 1 / (position + 7) }
            : { slot: 'PERSONAL' as const, propensity: null }),
        })),
      }),
      rest: packRest(numbers.slice(20)),
    });
    const { servedFeeds } = gateway.backend.store;
    for (let index = 0; index < FEEDS; index += 100) {
      await servedFeeds.add(Array.from({ length: 100 }, (_, more) => feed(index + more)));
    }
    const { rows } = await client.query<{ row: number; tables: number }>(
      `select max(pg_column_size(f.*) + pg_column_size(r.*)) as row,
         (select sum(pg_total_relation_size(c.oid))::int from pg_class c
          where c.relname ~ '^served_feed(s|_rests)_' and c.relkind = 'r' and pg_relation_size(c.oid) > 0) / $1 as tables
       from served_feeds f join served_feed_rests r using (feed_id, served_at)`,
      [FEEDS],
    );
    expect(rows[0]?.row).toBeLessThanOrEqual(910);
    expect(rows[0]?.tables).toBeLessThanOrEqual(1_056);
  });

  it('is explained on another replica with the exact scores of its page', async () => {
    const feedId = await storedFeed();
    const { data } = await gateway.run(ExplainFeedDocument, { feedId });
    const there = await replica.services.explain.explain({ feedId }, null);
    expect(there.replay.outcome).toBe('SAME');
    expect(
      there.items.map(({ item: { id, rank, score, slot, market } }) => [id, rank, score, slot, market.id]),
    ).toEqual(
      data?.explainFeed.items.map(({ item: { id, rank, score, slot, market } }) => [
        ...[id, rank, score, slot],
        market.id,
      ]),
    );
  });

  it('can be explained but not continued when its continuation is dropped', async () => {
    const feedId = await storedFeed();
    await client.query('delete from served_feed_rests');
    expect(await replica.services.feed.served(feedId, null)).toBeNull();
    expect((await replica.services.explain.explain({ feedId }, null)).items).toHaveLength(20);
    // The replica that served it still has it in its cache.
    const { data } = await gateway.run(ServedFeedDocument, { id: feedId });
    expect(data?.servedFeed?.items.nodes).toHaveLength(20);
  });
});
