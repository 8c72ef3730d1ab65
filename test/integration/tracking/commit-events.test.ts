import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../../src/storage/database/client.js';
import { isConflict } from '../../../src/storage/events/recording.js';
import { createStore, type Store } from '../../../src/storage/store.js';
import { LockedUsers } from '../../../src/tracking/locked-users.js';
import { commitEvents, type Commit } from '../../../src/tracking/commit-events.js';
import { decay, NOON_MS } from '../../support/profile-events.js';
import { rowCounts } from '../../support/row-counts.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';
import type { PreparedEvent } from '../../../src/domain/event.js';

let testDatabase: TestDatabase;
let database: Database;
let store: Store;
let other: Client;
const statements: string[] = [];

beforeAll(async () => {
  testDatabase = await createTestDatabase();
  const logger = pino({ level: 'silent' });
  database = openDatabase({
    ...{ url: testDatabase.url, logger, poolSize: 8 },
    onStatement: (sql) => void statements.push(sql),
  });
  store = createStore(database.prisma, { decay });
  other = new Client({ connectionString: testDatabase.url });
  await other.connect();
  await other.query(
    `insert into markets (id, title, category, category_key, created_at, version, updated_at)
      values ('m1', 't', 'Politics', 'politics', now(), nextval('market_version'), now())`,
  );
  await store.partitions.ensureForEvents([new Date(NOON_MS)]);
});

afterAll(async () => {
  await other.end();
  await database.close();
  await testDatabase.drop();
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
      attribution: null,
    },
    ...{ marketNumber: 1, servingId: null },
  };
}

/** Commits like a replica that has cached only the countries of users. */
function commitGroup(
  group: readonly PreparedEvent[],
  countries: ReadonlyMap<string, string | null> = new Map(),
): Promise<Commit> {
  return commitEvents(store, group, {
    ...{ now: new Date(NOON_MS), duplicatesSince: new Date(0), sinks: ['site'] },
    countriesOf: () => Promise.resolve(countries),
    pseudonymOf: (userKey) => userKey,
  });
}

const commit = (...group: PreparedEvent[]): Promise<Commit> => commitGroup(group);

const versionsOf = ({ appended }: Commit) =>
  Object.fromEntries(appended.map(({ userKey, version }) => [userKey, version]));

const totalsOf = async (...userKeys: string[]) =>
  (await store.profiles.load(userKeys)).map(({ totalInteractions }) => totalInteractions);

beforeEach(() => void (statements.length = 0));

describe('a commit', () => {
  it('of known and new users is one statement without an explicit transaction', async () => {
    await commit(click('ada'), click('ben'));
    statements.length = 0;
    const stored = await commit(click('ada', 'one'), click('cleo', 'one'), click('ada', 'two'));
    expect(statements).toEqual([expect.stringContaining('record_events(')]);
    expect(versionsOf(stored)).toEqual({ ada: 2, cleo: 1 });
    expect(await totalsOf('ada', 'ben', 'cleo')).toEqual([3, 1, 1]);
  });

  it('returns the encoded events of each user and the size of those that are not compacted', async () => {
    const [first] = (await commit(click('dan'))).appended;
    const [second] = (await commit(click('dan'), click('dan'))).appended;
    expect([first?.recentBytes, second?.recentBytes]).toEqual([
      first?.batch.length,
      (first?.batch.length ?? 0) + (second?.batch.length ?? 0),
    ]);
  });

  it('adds the latest country of the user to events without a country', async () => {
    const from = (userKey: string, country: string | null): PreparedEvent => {
      const event = click(userKey);
      return { ...event, interaction: { ...event.interaction, country } };
    };
    const group = [
      ...[from('eve', null), from('eve', 'FR'), from('eve', null)],
      ...[from('fay', 'DE'), from('gil', null)],
    ];
    const { appended } = await commitGroup(group, new Map([['eve', 'IL']]));
    const ids = group.map(({ interaction }) => interaction.id);
    const { rows } = await other.query<{ country: string | null }>(
      'select country from interactions where id = any($1::uuid[]) order by id',
      [ids],
    );
    expect(rows.map(({ country }) => country)).toEqual(['IL', 'FR', 'FR', 'DE', null]);
    const named = appended.map(({ userKey, countries }) => [userKey, [...countries]]);
    expect(Object.fromEntries(named)).toEqual({ eve: ['IL', 'FR'], fay: ['DE'], gil: [] });
  });

  it('does not restore the events of a deleted profile', async () => {
    await commit(click('olga'));
    await other.query(`delete from profiles where user_key = 'olga'`);
    expect(versionsOf(await commit(click('olga')))).toEqual({ olga: 1 });
    expect(await totalsOf('olga')).toEqual([1]);
  });
});

describe('duplicates', () => {
  it('of events that another replica recorded change nothing, and return the first interaction', async () => {
    await commit(click('finn'));
    const [first] = (await commit(click('finn', 'tap'))).events;
    const repeated = await commit(click('gina'), click('finn', 'tap'));
    expect(repeated.events).toMatchObject([
      { userKey: 'gina', duplicate: false },
      { userKey: 'finn', duplicate: true, interactionId: first?.interactionId },
    ]);
    expect(versionsOf(repeated)).toEqual({ gina: 1 });
    expect(repeated.unchanged).toEqual([{ userKey: 'finn', version: 2 }]);
    expect(await totalsOf('finn', 'gina')).toEqual([2, 1]);
  });

  it('are detected alone and within a group', async () => {
    const [first] = (await commit(click('hedy', 'tap'))).events;
    const [repeated] = (await commit(click('hedy', 'tap'))).events;
    expect(repeated).toMatchObject({ duplicate: true, interactionId: first?.interactionId });
    const twice = await commit(click('hedy', 'tip'), click('hedy', 'tip'));
    expect(twice.events.map(({ duplicate }) => duplicate)).toEqual([false, true]);
    expect(await totalsOf('hedy')).toEqual([2]);
  });

  it('store nothing of a recording without the duplicate check', async () => {
    await commit(click('nia', 'tap'));
    const before = await rowCounts(testDatabase.url);
    const events = [click('never seen', 'a'), click('nia', 'tap')];
    await expect(store.record({ events, sinks: ['site'], claim: true })).rejects.toSatisfy(isConflict);
    expect(await rowCounts(testDatabase.url)).toEqual(before);
  });
});

describe('concurrent commits of several replicas', () => {
  it('to one user get consecutive versions, without a conflict', async () => {
    await commit(click('pia'));
    statements.length = 0;
    const commits = await Promise.all(Array.from({ length: 40 }, () => commit(click('pia'))));
    expect(commits.map((each) => versionsOf(each)['pia']).sort((a = 0, b = 0) => a - b)).toEqual(
      Array.from({ length: 40 }, (_, index) => index + 2),
    );
    // A conflict or a duplicate would start a transaction.
    expect(statements).toHaveLength(40);
    expect(await totalsOf('pia')).toEqual([41]);
  });

  it('to a new user are all recorded', async () => {
    const commits = await Promise.all(Array.from({ length: 8 }, () => commit(click('quin'), click('rex'))));
    for (const user of ['quin', 'rex']) {
      const versions = commits.map((each) => versionsOf(each)[user] ?? 0).sort((a, b) => a - b);
      expect(versions).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    }
    expect(await totalsOf('quin', 'rex')).toEqual([8, 8]);
  });

  it('to the same users in different orders are recorded once each', async () => {
    const userKeys = ['hal', 'ida', 'jo', 'kim'];
    await Promise.all(
      [0, 1, 2].map(async (number) => {
        for (let round = 0; round < 12; round += 1) {
          const rotated = [...userKeys.slice(number), ...userKeys.slice(0, number)];
          await commit(...rotated.map((userKey) => click(userKey, `round ${round}`)));
          await commit(...rotated.map((userKey) => click(userKey)));
        }
      }),
    );
    expect(await totalsOf(...userKeys)).toEqual(userKeys.map(() => 12 + 3 * 12));
    const { rows } = await other.query<{ user_key: string; stored: number; out: number }>(
      `select user_key, count(*)::int as stored, (select count(*)::int from outbox o where o.user_key = i.user_key) as out
        from interactions i where user_key = any($1) group by user_key order by user_key`,
      [userKeys],
    );
    expect(rows).toEqual(userKeys.map((user_key) => ({ user_key, stored: 48, out: 48 })));
  });

  it('are recorded when a deadlock with another transaction ends by the lock timeout', async () => {
    await commit(click('lea'), click('mia'));
    await other.query(`begin; update profiles set version = version where user_key = 'mia'`);
    const committed = new LockedUsers(store.profiles).commit(['lea', 'mia'], () =>
      commit(click('lea'), click('mia')),
    );
    const isWaiting = async () => {
      // Within a transaction, PostgreSQL returns the snapshot of the first query.
      await other.query('select pg_stat_clear_snapshot()');
      const { rows } = await other.query(
        `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rows.length > 0;
    };
    while (!(await isWaiting()));
    await other.query(`update profiles set version = version where user_key = 'lea'; commit`);
    await committed;
    expect(await totalsOf('lea', 'mia')).toEqual([2, 2]);
  });
});
