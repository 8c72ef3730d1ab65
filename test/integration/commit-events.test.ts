import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../src/database/client.js';
import { foldHistory } from '../../src/profiles/fold-history.js';
import type { ProfileState } from '../../src/repositories/profile-state.js';
import { isRefusal } from '../../src/repositories/recording.js';
import { createStore, type Store } from '../../src/repositories/store.js';
import { LockedUsers } from '../../src/tracking/locked-users.js';
import { commitEvents, type Commit } from '../../src/tracking/commit-events.js';
import type { PreparedEvent } from '../../src/tracking/take-in-events.js';
import { memory, NOON_MS } from '../support/profile-events.js';
import { rowCounts } from '../support/row-counts.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

let test: TestDatabase;
let database: Database;
let store: Store;
let other: Client;
const statements: string[] = [];

beforeAll(async () => {
  test = await createTestDatabase();
  const logger = pino({ level: 'silent' });
  database = openDatabase({
    ...{ url: test.url, logger, poolSize: 8 },
    onStatement: (sql) => void statements.push(sql),
  });
  store = createStore(database.prisma, foldHistory(memory));
  other = new Client({ connectionString: test.url });
  await other.connect();
  await other.query(
    `insert into markets (id, title, category, category_key, created_at, version, updated_at)
      values ('m1', 't', 'Politics', 'politics', now(), nextval('market_version'), now())`,
  );
  await store.interactions.ensurePartitions([new Date(NOON_MS)]);
});

afterAll(async () => {
  await other.end();
  await database.close();
  await test.drop();
});

let events = 0;

function click(userKey: string, clientEventId: string | null = null): PreparedEvent {
  const id = `00000000-0000-4000-8000-${String(++events).padStart(12, '0')}`;
  const at = new Date(NOON_MS);
  return {
    interaction: {
      ...{ id, userKey, marketId: 'm1', eventType: 'CLICK', weight: 2, dwellMs: null, section: null },
      ...{ position: null, country: null, sessionId: null, feedId: null, stake: null, context: null },
      ...{ clientEventId, probability: 0.5, volume24h: 1, occurredAt: at, receivedAt: at, clamped: false },
    },
    market: { id: 'm1', category: 'Politics', tags: [], probability: 0.5, volume24h: 1 },
  };
}

/** One of several processes over the same store, with a memory of its own. */
class Replica {
  readonly seen = new Map<string, ProfileState>();

  async commit(...group: PreparedEvent[]): Promise<Commit> {
    const commit = await commitEvents(store, group, {
      ...{ now: new Date(NOON_MS), clientEventsSince: new Date(0), memory, sinks: ['site'] },
      lastSeen: (userKey) => this.seen.get(userKey),
    });
    for (const state of commit.changed) this.seen.set(state.userKey, state);
    return commit;
  }
}

const totalsOf = async (...userKeys: string[]) =>
  (await store.profiles.load(userKeys)).map(({ totalInteractions }) => totalInteractions);

beforeEach(() => void (statements.length = 0));

describe('events of people in memory', () => {
  it('are stored by one statement, and none that opens a transaction', async () => {
    const replica = new Replica();
    await replica.commit(click('ada'), click('ben'));
    statements.length = 0;
    await replica.commit(click('ada', 'one'), click('ben', 'one'), click('ada', 'two'));
    expect(statements).toEqual([expect.stringContaining('record_events(')]);
    expect(await totalsOf('ada', 'ben')).toEqual([3, 2]);
  });

  it('and of people who are not take one statement more', async () => {
    const replica = new Replica();
    await replica.commit(click('cleo'));
    statements.length = 0;
    await replica.commit(click('cleo'), click('never seen'));
    expect(statements).toHaveLength(2);
    expect(await totalsOf('cleo', 'never seen')).toEqual([2, 1]);
  });

  it('count on top of what another process stored meanwhile', async () => {
    const [one, two] = [new Replica(), new Replica()];
    await one.commit(click('dan'), click('eve'));
    await two.commit(click('dan'));
    const { events: committed } = await one.commit(click('dan'), click('eve'));
    expect(committed.map(({ profile }) => profile.totalInteractions)).toEqual([3, 2]);
    expect(await totalsOf('dan', 'eve')).toEqual([3, 2]);
  });

  it('are duplicates when another process has taken their ids', async () => {
    const [one, two] = [new Replica(), new Replica()];
    await one.commit(click('finn'));
    await two.commit(click('gina'));
    const first = (await two.commit(click('finn', 'tap'))).events[0];
    const again = await one.commit(click('gina'), click('finn', 'tap'));
    expect(again.events).toMatchObject([
      { duplicate: false },
      { duplicate: true, interactionId: first?.interactionId, profile: { totalInteractions: 2 } },
    ]);
    expect(await totalsOf('finn', 'gina')).toEqual([2, 2]);
  });

  it('are duplicates when they come again by themselves', async () => {
    const replica = new Replica();
    const [first] = (await replica.commit(click('hedy', 'tap'))).events;
    const [again] = (await replica.commit(click('hedy', 'tap'))).events;
    expect(again).toMatchObject({ duplicate: true, interactionId: first?.interactionId });
    const twice = await replica.commit(click('hedy', 'tip'), click('hedy', 'tip'));
    expect(twice.events.map(({ duplicate }) => duplicate)).toEqual([false, true]);
    expect(await totalsOf('hedy')).toEqual([2]);
  });

  it('are stored once each by processes that keep crossing each other', async () => {
    const replicas = [new Replica(), new Replica(), new Replica()];
    const people = ['hal', 'ida', 'jo', 'kim'];
    await Promise.all(
      replicas.map(async (replica, number) => {
        for (let round = 0; round < 12; round++) {
          const turned = [...people.slice(number), ...people.slice(0, number)];
          await replica.commit(...turned.map((userKey) => click(userKey, `round ${round}`)));
          await replica.commit(...turned.map((userKey) => click(userKey)));
        }
      }),
    );
    expect(await totalsOf(...people)).toEqual(people.map(() => 12 + 3 * 12));
    const { rows } = await other.query<{ user_key: string; stored: number; out: number }>(
      `select user_key, count(*)::int as stored, (select count(*)::int from outbox o where o.user_key = i.user_key) as out
        from interactions i where user_key = any($1) group by user_key order by user_key`,
      [people],
    );
    expect(rows).toEqual(people.map((user_key) => ({ user_key, stored: 48, out: 48 })));
  });

  it('are stored after all when a deadlock with another transaction ends by the lock timeout', async () => {
    const replica = new Replica();
    await replica.commit(click('lea'), click('mia'));
    await other.query(`begin; update profiles set version = version where user_key = 'mia'`);
    const commit = new LockedUsers(store.profiles).commit(['lea', 'mia'], () =>
      replica.commit(click('lea'), click('mia')),
    );
    const waiting = async () => {
      // Within a transaction, PostgreSQL would answer as at the first query.
      await other.query('select pg_stat_clear_snapshot()');
      const { rows } = await other.query(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rows.length > 0;
    };
    while (!(await waiting()));
    await other.query(`update profiles set version = version where user_key = 'lea'; commit`);
    await commit;
    expect(await totalsOf('lea', 'mia')).toEqual([2, 2]);
  });
});

describe('a recording that is not based on what is stored', () => {
  it.each([
    ['a version that is past', 1],
    ['a version that is yet to come', 4],
  ])('because of %s stores nothing at all', async (_, version) => {
    const userKey = `nia ${version}`;
    const replica = new Replica();
    await replica.commit(click(userKey));
    await replica.commit(click(userKey));
    const known = replica.seen.get(userKey);
    if (known === undefined) throw new Error('Nia is not known.');
    const before = await rowCounts(test.url);
    const recording = {
      interactions: [click('someone new', 'a'), click(userKey, 'b')].map(({ interaction }) => interaction),
      profiles: [
        { ...known, userKey: 'someone new', version: 1 },
        { ...known, version },
      ],
    };
    const refused = store.record({ ...recording, sinks: ['site'], claim: true });
    await expect(refused).rejects.toSatisfy(isRefusal);
    expect(await rowCounts(test.url)).toEqual(before);
  });

  it('because the person is gone does not bring back what was known', async () => {
    const replica = new Replica();
    await replica.commit(click('olga'));
    await other.query(`delete from profiles where user_key = 'olga'`);
    const { events: committed } = await replica.commit(click('olga'));
    expect(committed).toMatchObject([{ profile: { totalInteractions: 1 } }]);
  });
});
