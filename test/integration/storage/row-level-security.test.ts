import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDatabase, type Database } from '../../../src/storage/database/client.js';
import { connectionTo, openClient } from '../../../src/storage/database/connection.js';
import { roleNameOf, ROLES, type DatabaseRole } from '../../../src/storage/database/roles.js';
import { forUsers } from '../../../src/storage/sql.js';
import { createStore } from '../../../src/storage/store.js';
import { hasPgBouncer, startPgBouncer } from '../../support/pgbouncer.js';
import { decay } from '../../support/profile-events.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

const logger = pino({ level: 'silent' });
const USERS = Array.from({ length: 20 }, (_, index) => `user-${index}`);

/** What each role may do: Select, Insert, Update, Delete. Tables that are missing here have no grants. */
const MATRIX: Readonly<Record<string, Readonly<Record<DatabaseRole, string>>>> = {
  _prisma_migrations: { app: '----', jobs: '----' },
  activity_counts: { app: '----', jobs: 'SIUD' },
  api_keys: { app: 'S---', jobs: 'SIU-' },
  audience_releases: { app: '----', jobs: 'SI--' },
  client_events: { app: 'SIU-', jobs: 'SIUD' },
  collaborative_model_parts: { app: '----', jobs: 'SIUD' },
  collaborative_models: { app: '----', jobs: 'SIUD' },
  computations: { app: '----', jobs: 'SIU-' },
  exposures: { app: '----', jobs: 'SIUD' },
  interactions: { app: '-I--', jobs: 'SI-D' },
  job_positions: { app: '----', jobs: 'SIUD' },
  job_runs: { app: 'S---', jobs: 'SIUD' },
  market_attention: { app: '----', jobs: 'SI-D' },
  market_figure_changes: { app: 'SI-D', jobs: 'S---' },
  market_figures: { app: 'SIU-', jobs: 'S---' },
  market_momentum: { app: '----', jobs: 'SIUD' },
  market_numbers: { app: 'SI--', jobs: 'S---' },
  market_snapshots: { app: 'SIU-', jobs: 'SIUD' },
  market_tags: { app: 'SI-D', jobs: 'S---' },
  market_vectors: { app: 'SIU-', jobs: 'S--D' },
  markets: { app: 'SIU-', jobs: 'S---' },
  outbox: { app: '-I--', jobs: 'SIUD' },
  outbox_positions: { app: '----', jobs: 'SIU-' },
  popularity_pairs: { app: '----', jobs: 'SIUD' },
  popularity_sums: { app: '----', jobs: 'SIUD' },
  privacy_budgets: { app: '----', jobs: 'SIU-' },
  privacy_changes: { app: '----', jobs: 'SIUD' },
  profile_changes: { app: 'SIU-', jobs: 'SIUD' },
  profiles: { app: 'SIU-', jobs: 'SIUD' },
  ranking_models: { app: 'S---', jobs: 'SIUD' },
  rejected_events: { app: '----', jobs: 'SIUD' },
  replicas: { app: '----', jobs: 'SIUD' },
  retired_users: { app: 'S---', jobs: 'SIUD' },
  rollup_events: { app: '-I--', jobs: 'SI-D' },
  rollups: { app: '----', jobs: 'SIU-' },
  secrets: { app: 'SI--', jobs: '----' },
  served_feed_rests: { app: 'S---', jobs: 'SI-D' },
  served_feeds: { app: 'S---', jobs: 'SIUD' },
  servings: { app: 'SIU-', jobs: 'S--D' },
  source_states: { app: '----', jobs: 'SIU-' },
  trend_pairs: { app: '----', jobs: 'SIUD' },
  trend_sums: { app: '----', jobs: 'SIUD' },
  trending_scopes: { app: '----', jobs: 'SI-D' },
  user_settings: { app: '----', jobs: 'SIUD' },
};

let gateway: TestGateway;
let administrator: Client;

beforeAll(async () => {
  gateway = await startTestGateway();
  administrator = new Client({ connectionString: gateway.databaseUrl });
  await administrator.connect();
  await gateway.addMarkets({ id: 'm' }, { id: 'n' });
  const { tracking, feed } = gateway.backend.services;
  for (const userKey of USERS) {
    await tracking.track({ userKey, marketId: 'm', eventType: 'CLICK', clientEventId: 'one' });
    await feed.feed({ userKey, limit: 5 });
  }
  await feed.feed({ limit: 5 });
  await administrator.query(
    `insert into outbox (sink, user_key, event, recorded_at) select 's', user_key, '{}', now() from profiles`,
  );
  await vi.waitFor(async () => {
    expect(await rowsOf(administrator, 'served_feeds')).toHaveLength(USERS.length + 1);
  });
});

afterAll(async () => {
  await administrator.end();
  await gateway.close();
});

/** Runs statements as a role, in a transaction that is rolled back. */
async function as<Result>(role: DatabaseRole, work: (client: Client) => Promise<Result>): Promise<Result> {
  const client = await openClient(connectionTo(gateway.databaseUrl, {}, role), {});
  try {
    await client.query('begin');
    return await work(client);
  } finally {
    await client.end();
  }
}

async function rowsOf(client: Client, table: string): Promise<(string | null)[]> {
  const { rows } = await client.query<{ user_key: string | null }>(
    `select user_key from ${table} order by user_key`,
  );
  return rows.map(({ user_key }) => user_key);
}

/** Names of all tables and partitions with user keys. */
async function tablesWithUserKeys(): Promise<string[]> {
  const { rows } = await administrator.query<{ table: string }>(
    `select distinct table_name::text as table from information_schema.columns
     where table_schema = 'public' and column_name in ('user_key', 'user_keys') order by 1`,
  );
  return rows.map(({ table }) => table);
}

describe('the roles', () => {
  it('are neither superusers nor owners, and do not bypass row-level security', async () => {
    const { rows } = await administrator.query(
      `select rolname, rolsuper, rolbypassrls, rolcanlogin,
         (select count(*)::int from pg_class where relowner = r.oid) as owned,
         (select count(*)::int from pg_auth_members where member = r.oid) as memberships
       from pg_roles r where rolname = any($1) order by rolname`,
      [ROLES.map((role) => roleNameOf('public', role))],
    );
    const restricted = { rolsuper: false, rolbypassrls: false, rolcanlogin: false, owned: 0, memberships: 0 };
    expect(rows).toEqual([
      { rolname: 'bellwether_app', ...restricted },
      { rolname: 'bellwether_jobs', ...restricted },
    ]);
  });

  it('have exactly these privileges on every table and partition', async () => {
    const { rows: tables } = await administrator.query<{
      name: string;
      parent: string | null;
      column: string;
    }>(
      `select c.relname::text as name, p.relname::text as parent,
         (select quote_ident(attname) from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped
           order by attnum limit 1) as column
       from pg_class c left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
       where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1`,
    );
    const partitions = tables.filter(({ parent }) => parent !== null);
    expect(new Set(partitions.map(({ parent }) => parent)).size).toBe(3);
    const found: Record<string, Record<DatabaseRole, string>> = {};
    for (const role of ROLES) {
      await as(role, async (client) => {
        const may = async (statement: string, letter: string): Promise<string> => {
          await client.query('savepoint attempt');
          const error: unknown = await client.query(statement).catch((cause: unknown) => cause);
          await client.query('rollback to attempt');
          return error instanceof Error && error.message.startsWith('permission denied') ? '-' : letter;
        };
        for (const { name, column } of tables) {
          const privileges = [
            await may(`select from ${name} limit 0`, 'S'),
            await may(`insert into ${name} default values`, 'I'),
            await may(`update ${name} set ${column} = null where false`, 'U'),
            await may(`delete from ${name} where false`, 'D'),
          ];
          found[name] = { app: '', jobs: '', ...found[name], [role]: privileges.join('') };
        }
      });
    }
    const none = { app: '----', jobs: '----' };
    expect(found).toEqual({
      ...Object.fromEntries(partitions.map(({ name }) => [name, none])),
      ...MATRIX,
    });
  });

  it('hide from requests the users that retired keys were merged into', async () => {
    for (const column of ['user_hash', 'until']) {
      await as('app', (client) => client.query(`select ${column} from retired_users`));
    }
    for (const column of ['user_key', 'retired_at', '*']) {
      const reading = as('app', (client) => client.query(`select ${column} from retired_users`));
      await expect(reading, column).rejects.toThrow(/^permission denied/);
    }
  });

  it('cannot empty or alter a table with user keys', async () => {
    for (const table of ['profiles', 'interactions', 'outbox', 'served_feeds']) {
      for (const statement of [`truncate ${table}`, `alter table ${table} disable row level security`]) {
        for (const role of ROLES) {
          await expect(
            as(role, (client) => client.query(statement)),
            `${role}: ${statement}`,
          ).rejects.toThrow(/^(permission denied|must be owner)/);
        }
      }
    }
  });

  it('run the statements of requests', async () => {
    // As the owner, the event would be recorded.
    await administrator.query('revoke insert on interactions from bellwether_app');
    const event = { userKey: 'user-0', marketId: 'm', eventType: 'CLICK' };
    await expect(gateway.backend.services.tracking.track(event)).rejects.toThrow(/could not be stored/);
    await administrator.query('grant insert on interactions to bellwether_app');
    expect(await gateway.backend.services.tracking.track(event)).toMatchObject({ status: 'RECORDED' });
  });
});

describe('row-level security', () => {
  it('is enabled, also for the owner, on every table with a user key, and on every partition', async () => {
    const tables = await tablesWithUserKeys();
    expect(tables).toEqual(
      expect.arrayContaining(['profiles', 'interactions', 'interactions_2026_06', 'outbox']),
    );
    const { rows } = await administrator.query(
      `select relname::text as name from pg_class
       where relnamespace = 'public'::regnamespace and (relname = any($1) or relispartition and relkind = 'r')
         and not (relrowsecurity and relforcerowsecurity)`,
      [tables],
    );
    expect(rows).toEqual([]);
  });

  it('is enabled on partitions that are created later', async () => {
    const { partitions } = gateway.backend.store;
    await partitions.ensureForEvents([new Date('2031-01-15T00:00:00Z')]);
    const later = new Date('2031-01-15T00:00:00Z');
    await partitions.ensureForServedFeeds(later, later);
    const { rows } = await administrator.query(
      `select relrowsecurity and relforcerowsecurity as secured from pg_class
       where relname in ('interactions_2031_01', 'served_feeds_2031_01_15_00')`,
    );
    expect(rows).toEqual([{ secured: true }, { secured: true }]);
  });

  it('shows the application role no row of a user without users in the transaction', async () => {
    await as('app', async (client) => {
      for (const table of ['profiles', 'client_events', 'served_feeds']) {
        expect(await rowsOf(client, table), table).toEqual([]);
        expect(await rowsOf(administrator, table), table).not.toEqual([]);
      }
      expect((await client.query('select from profile_changes')).rowCount).toBe(0);
      expect((await administrator.query('select from profile_changes')).rowCount).toBeGreaterThan(0);
    });
  });

  it('shows the application role only rows of the users of the transaction, and feeds of no user', async () => {
    await as('app', async (client) => {
      await client.query(`select add_visible_users('{user-3}')`);
      expect(await rowsOf(client, 'profiles')).toEqual(['user-3']);
      expect(await rowsOf(client, 'client_events')).toEqual(['user-3']);
      expect(await rowsOf(client, 'served_feeds')).toEqual(['user-3', null]);
      await client.query(`select add_visible_users('{user-1,user-2}')`);
      expect(await rowsOf(client, 'profiles')).toEqual(['user-1', 'user-2', 'user-3']);
    });
  });

  it('accepts any characters in a user key', async () => {
    const keys = ['a"b', 'a\\b', '{a,b}', "a'b", 'NULL', '', ' ', 'İ😀', '["user-3"]'];
    await as('app', async (client) => {
      await client.query('select add_visible_users($1)', [keys]);
      await client.query(`insert into profiles (user_key) select unnest($1::text[])`, [keys]);
      expect((await rowsOf(client, 'profiles')).sort()).toEqual([...keys].sort());
    });
  });

  it('rejects writes to rows of other users', async () => {
    const violation = /violates row-level security policy/;
    const insertions = [
      `insert into profiles (user_key) values ('mallory')`,
      `insert into profiles (user_key) values ('user-4') on conflict (user_key) do update set version = 9`,
      `insert into client_events (user_key, client_event_id, interaction_id, received_at)
       values ('user-4', 'two', gen_random_uuid(), now())`,
      `insert into outbox (sink, user_key, event, recorded_at) values ('s', 'user-4', '{}', now())`,
      `insert into interactions (id, user_key, market_id, event_type, weight, occurred_at, received_at)
       values (gen_random_uuid(), 'user-4', 'm', 'CLICK', 1, '2026-06-15', now())`,
    ];
    for (const insertion of insertions) {
      const attempt = as('app', async (client) => {
        await client.query(`select add_visible_users('{user-3}')`);
        await client.query(insertion);
      });
      await expect(attempt, insertion).rejects.toThrow(violation);
      await as('app', async (client) => {
        await client.query(`select add_visible_users('{user-3,user-4,mallory}')`);
        await client.query(insertion);
      });
    }
    await as('app', async (client) => {
      await client.query(`select add_visible_users('{user-3}')`);
      expect((await client.query('update profiles set version = 9')).rowCount).toBe(1);
      await expect(client.query(`update profiles set user_key = 'mallory'`)).rejects.toThrow(violation);
    });
  });

  it('shows the jobs role the rows of all users', async () => {
    await as('jobs', async (client) => {
      for (const table of ['profiles', 'client_events', 'interactions', 'outbox', 'served_feeds']) {
        expect(await rowsOf(client, table), table).toEqual(await rowsOf(administrator, table));
      }
    });
  });

  it('shows a feed to its user, and to viewers who may read all feeds', async () => {
    const { rows } = await administrator.query<{ id: string; user: string | null }>(
      `select feed_id::text as id, user_key as user from served_feeds where user_key is null or user_key = 'user-3'`,
    );
    await withApp(4, async ({ store }) => {
      for (const { id, user } of rows) {
        for (const readers of [['user-3'], ['user-4'], [], null]) {
          const found = await store.servedFeeds.find(id, readers);
          const isVisible = user === null || readers === null || readers.includes(user);
          expect(found?.feedId, JSON.stringify([user, readers])).toBe(isVisible ? id : undefined);
        }
      }
    });
  });
});

/** Runs work on a pool of the application role. */
async function withApp(
  poolSize: number,
  work: (app: {
    readonly database: Database;
    readonly store: ReturnType<typeof createStore>;
  }) => Promise<void>,
  url = gateway.databaseUrl,
): Promise<void> {
  const database = openDatabase({ url, role: 'app', logger, poolSize });
  try {
    await work({ database, store: createStore(database.prisma, { decay }) });
  } finally {
    await database.close();
  }
}

/** The users of connections outside a transaction: `null` or empty on each of them. */
async function requireNoUsers({ prisma }: Database, poolSize: number): Promise<void> {
  const sessions = await Promise.all(
    Array.from(
      { length: poolSize },
      () => prisma.$queryRaw<{ users: string | null; profiles: number; pid: number }[]>`
        select current_setting('bellwether.user_keys', true) as users, (select count(*)::int from profiles) as profiles,
          pg_backend_pid() as pid from pg_sleep(0.1)`,
    ),
  );
  expect(new Set(sessions.map(([session]) => session?.pid)).size).toBe(poolSize);
  for (const [session] of sessions) {
    expect(session?.users ?? '').toBe('');
    expect(session?.profiles).toBe(0);
  }
}

describe('concurrent requests through a pool', () => {
  it('of 20 users never see a row of another user, and leave no users behind on a connection', async () => {
    await withApp(4, async ({ database, store }) => {
      const seen = await Promise.all(
        Array.from({ length: 100 }, async (_, index) => {
          const userKey = USERS[index % USERS.length] as string;
          const visible = await forUsers(
            database.prisma,
            [userKey],
            (connection) => connection.$queryRaw<{ user_key: string }[]>`
              select user_key from profiles union all select user_key from client_events
              union all select user_key from served_feeds where user_key is not null`,
          );
          const [profile] = await store.profiles.load([userKey]);
          return { userKey, profile, visible: [...new Set(visible.map(({ user_key }) => user_key))] };
        }),
      );
      for (const { userKey, profile, visible } of seen) {
        expect(visible).toEqual([userKey]);
        expect(profile).toMatchObject({ userKey });
        expect(profile?.version).toBeGreaterThan(0);
      }
      await requireNoUsers(database, 4);
    });
  });

  it('that fail leave no users behind on a connection', async () => {
    await withApp(2, async ({ database }) => {
      await Promise.all(
        Array.from({ length: 10 }, async () => {
          const failure = forUsers(
            database.prisma,
            ['user-1'],
            (connection) => connection.$executeRaw`select 1 / 0`,
          );
          await expect(failure).rejects.toThrow(/division by zero/);
        }),
      );
      await requireNoUsers(database, 2);
    });
  });
});

describe.runIf(hasPgBouncer)('behind PgBouncer in session mode', () => {
  it('runs as the application role, and leaves neither role nor users to the next client of a session', async () => {
    const bouncer = await startPgBouncer(gateway.databaseUrl, { mode: 'session', poolSize: 1 });
    try {
      let pid: number | undefined;
      await withApp(
        1,
        async ({ database, store }) => {
          expect(await store.profiles.load(['user-2'])).toMatchObject([{ userKey: 'user-2', version: 1 }]);
          const [session] = await database.prisma.$queryRaw<{ role: string; pid: number }[]>`
            select current_user::text as role, pg_backend_pid() as pid`;
          expect(session?.role).toBe('bellwether_app');
          pid = session?.pid;
          await requireNoUsers(database, 1);
        },
        bouncer.url,
      );
      const next = new Client({ connectionString: bouncer.url });
      await next.connect();
      const { rows } = await next.query(
        `select pg_backend_pid() as pid, current_user = session_user as login,
           coalesce(current_setting('bellwether.user_keys', true), '') as users`,
      );
      expect(rows).toEqual([{ pid, login: true, users: '' }]);
      await next.end();
    } finally {
      await bouncer.close();
    }
  });
});

describe('the functions of the migrations', () => {
  it('that run with the rights of their owner set their search path', async () => {
    const { rows } = await administrator.query(
      `select proname from pg_proc where pronamespace = 'public'::regnamespace and prosecdef
         and not coalesce(exists (select from unnest(proconfig) c where c like 'search_path=%'), false)`,
    );
    expect(rows).toEqual([]);
  });

  it('let the application role record events of several users in a transaction', async () => {
    const { tracking } = gateway.backend.services;
    const id = randomUUID();
    const events = ['user-5', 'user-6', 'new-user', 'user-5'].map((userKey) => ({
      ...{ userKey, marketId: 'n', eventType: 'CLICK', clientEventId: `${userKey} ${id}`.slice(0, 60) },
    }));
    const { results } = await tracking.trackAll({ interactions: events }, () => true);
    expect(results.map(({ status }) => status)).toEqual(['RECORDED', 'RECORDED', 'RECORDED', 'DUPLICATE']);
  });
});
