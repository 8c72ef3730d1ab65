import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { pino } from 'pino';
import { DAY_MS } from '../../src/lib/time.js';
import { openDatabase } from '../../src/storage/database/client.js';
import { MarketIndex } from '../../src/storage/markets/market-index.js';
import type { ProfileEvent } from '../../src/domain/profile.js';
import type { AppendedProfile } from '../../src/storage/events/recording.js';
import { createStore, type Store } from '../../src/storage/store.js';
import { decay, NOON_MS } from './profile-events.js';
import { createTestDatabase } from './test-database.js';
import type { PreparedEvent } from '../../src/domain/event.js';

/** Markets `m1` to `m<count>`, each with a category of 7 and two tags of 300. */
export function topicsOf(index: number): { category: string; tags: string[] } {
  return {
    category: `Catégorie ${index % 7}`,
    tags: [`Tag ${index % 300}`, `選挙 ${(index * 7) % 300}`],
  };
}

/** A replica's access to the database: a store, and the markets that it has in memory. */
export interface StoreOfReplica {
  readonly store: Store;
  readonly markets: MarketIndex;
}

/** A database of its own with markets, and stores of several replicas over it. */
export async function openProfileDatabase(marketCount: number) {
  const testDatabase = await createTestDatabase();
  const database = openDatabase({ url: testDatabase.url, logger: pino({ level: 'silent' }), poolSize: 8 });
  const client = new Client({ connectionString: testDatabase.url });
  await client.connect();
  const indexes = Array.from({ length: marketCount }, (_, index) => index + 1);
  const rows = indexes.map((index) => ({ id: `m${index}`, ...topicsOf(index) }));
  await client.query(
    `with r as (select * from json_to_recordset($1::json) as r(id text, category text, tags json)),
      m as (
        insert into markets (id, title, category, category_key, created_at, version, updated_at)
        select id, 't', category, lower(category), now(), nextval('market_version'), now() from r
      )
      insert into market_tags (market_id, position, label, key)
      select r.id, t.position - 1, t.label, lower(t.label)
      from r, json_array_elements_text(r.tags) with ordinality as t(label, position)`,
    [JSON.stringify(rows)],
  );
  const numbers = await client.query<{ market_id: string; number: number }>('select * from market_numbers');
  const numberOf = new Map(numbers.rows.map((row) => [row.market_id, row.number]));
  const replica = (): StoreOfReplica => {
    const markets = new MarketIndex();
    return { markets, store: createStore(database.prisma, { decay, markets }) };
  };
  const { store } = replica();
  const days = Array.from({ length: 60 }, (_, day) => new Date(NOON_MS - day * DAY_MS));
  await store.partitions.ensureForEvents(days);
  return {
    ...{ url: testDatabase.url, client, replica, numberOf },
    /** Commits events of one user by a store. */
    commit: async (
      by: StoreOfReplica,
      userKey: string,
      events: readonly ProfileEvent[],
    ): Promise<AppendedProfile> => {
      const recorded = events.map((event): PreparedEvent => {
        const { market, occurredAtMs, ...values } = event;
        const at = new Date(occurredAtMs);
        return {
          interaction: {
            ...{ ...values, id: randomUUID(), userKey, marketId: market.id, occurredAt: at, receivedAt: at },
            ...{ probability: market.probability, volume24h: market.volume24h, clamped: false },
            ...{ section: null, position: null, sessionId: null, feedId: null, context: null },
            ...{ clientEventId: null, attribution: null },
          },
          ...{ marketNumber: numberOf.get(market.id) ?? 0, servingId: null },
        };
      });
      const [appended] = await by.store.record({ events: recorded, sinks: [], claim: false });
      if (appended === undefined) throw new Error('The commit changed no profile.');
      return appended;
    },
    row: async (userKey: string) => {
      const { rows: found } = await client.query<{
        version: number;
        state_version: number;
        state: Buffer | null;
        shown: Buffer;
        lifetime: Buffer;
        recent: Buffer;
      }>('select version, state_version, state, shown, lifetime, recent from profiles where user_key = $1', [
        userKey,
      ]);
      return found[0];
    },
    close: async () => {
      await client.end();
      await database.close();
      await testDatabase.drop();
    },
  };
}

export type ProfileDatabase = Awaited<ReturnType<typeof openProfileDatabase>>;
