import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openBackend, type Backend } from '../../../src/app/backend.js';
import { openBus } from '../../../src/app/profiles.js';
import type { InvalidationBus } from '../../../src/bus/invalidation-bus.js';
import { readSettings } from '../../../src/config/settings.js';
import { eventually } from '../../support/bus-replica.js';
import { hasRedisServer, startRedisServer } from '../../support/redis-server.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

const logger = pino({ level: 'silent' });
const nowMs = Date.UTC(2026, 5, 15, 12);

let database: TestDatabase;
let administrator: Client;
let opened: Backend[];

beforeEach(async () => {
  opened = [];
  database = await createTestDatabase('empty');
  administrator = new Client({ connectionString: database.url });
  await administrator.connect();
});

afterEach(async () => {
  for (const backend of opened) await backend.close();
  await administrator.end();
  await database.drop();
});

const withSchema = (schema: string, url = database.url): string => `${url}&schema=${schema}`;

async function open(url: string, isWorker = false): Promise<Backend> {
  const settings = readSettings({ DATABASE_URL: url, NODE_ENV: 'test' });
  const backend = await openBackend({ settings, logger, clock: () => nowMs, isWorker });
  opened.push(backend);
  return backend;
}

const market = { id: 'm', title: 'Will it rain?', category: 'Weather', probability: 0.5 };

/** Names of tables and functions, by schema. */
async function inventory(): Promise<Record<string, string[]>> {
  const { rows } = await administrator.query<{ schema: string; names: string[] }>(
    `select n.nspname as schema, array_agg(o.name::text order by o.name) as names
     from pg_namespace n
     join (select relnamespace as schema, relname as name from pg_class where relkind in ('r', 'p')
       union all select pronamespace, proname from pg_proc) o on o.schema = n.oid
     where n.nspname !~ '^(pg_|information_schema)' group by 1 order by 1`,
  );
  return Object.fromEntries(rows.map(({ schema, names }) => [schema, names]));
}

async function waitingStatements(): Promise<number> {
  // Within a transaction, PostgreSQL would answer as at the first query.
  await administrator.query('select pg_stat_clear_snapshot()');
  const { rows } = await administrator.query<{ waiting: number }>(
    `select count(*)::int as waiting from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows[0]?.waiting ?? 0;
}

describe('with another Prisma application in the schema public', () => {
  beforeEach(async () => {
    await administrator.query(`
      create table _prisma_migrations (id varchar(36) primary key, checksum varchar(64) not null,
        finished_at timestamptz, migration_name varchar(255) not null, logs text, rolled_back_at timestamptz,
        started_at timestamptz not null default now(), applied_steps_count integer not null default 0);
      insert into _prisma_migrations values
        ('1', 'abc', now(), '20240101000000_site', null, null, now(), 1);
      create type market_status as enum ('LIVE');
      create table markets (id serial primary key, name text not null);
      insert into markets (name) values ('of the site')`);
  });

  it('works in the schema of the URL, and changes no other schema', async () => {
    const before = await inventory();
    const backend = await open(withSchema('bellwether'), true);
    const { services, store } = backend;
    await services.catalog.upsert([market]);
    await store.partitions.ensureForEvents([new Date('2020-01-15T00:00:00Z')]);
    const event = { userKey: 'ada', marketId: 'm', eventType: 'PARTICIPATE', clientEventId: 'one' };
    expect(await services.tracking.track(event)).toMatchObject({ status: 'RECORDED' });
    const feed = await services.feed.feed({ userKey: 'ada', limit: 5 });
    expect(feed.hero).toMatchObject({ market: { id: 'm' } });

    // Runs every statement of the jobs, including those on their own connections.
    backend.jobWorker.start();
    const jobs = await services.jobs.list();
    for (const { name } of jobs) await services.jobs.request({ name });
    await vi.waitFor(
      async () => {
        const runs = (await services.jobs.list()).map(({ name, lastRun }) => [name, lastRun?.outcome]);
        expect(runs).toEqual(jobs.map(({ name }) => [name, 'SUCCEEDED']));
      },
      { timeout: 60_000, interval: 100 },
    );

    const { bellwether, bellwether_jobs: queue, ...others } = await inventory();
    expect(others).toEqual(before);
    expect(bellwether).toEqual(
      expect.arrayContaining(['_prisma_migrations', 'interactions_2026_06', 'markets', 'record_events']),
    );
    expect(bellwether).not.toContain('interactions_2020_01');
    expect(queue).toContain('job');
    expect((await administrator.query('select name from public.markets')).rows).toEqual([
      { name: 'of the site' },
    ]);
    expect((await administrator.query('select from public._prisma_migrations')).rowCount).toBe(1);
  });

  it('rejects the schema public with an error that names the parameter', async () => {
    await expect(open(database.url)).rejects.toThrow(
      'The schema public contains the tables of another application (its migration 20240101000000_site): give ' +
        'Bellwether its own schema with a parameter in DATABASE_URL, such as ?schema=bellwether.',
    );
  });
});

describe('two gateways in two schemas of one database', () => {
  it('do not see each other’s markets', async () => {
    const [one, two] = [await open(withSchema('one')), await open(withSchema('two'))];
    await one.services.catalog.upsert([market]);
    await two.services.catalog.upsert([{ ...market, title: 'Will it snow?' }]);
    await one.services.catalog.refresh();
    expect(one.services.catalog.snapshot.entries).toHaveLength(1);
    expect(await one.store.markets.findByIds(['m'])).toMatchObject([{ title: 'Will it rain?' }]);
    expect(await two.store.markets.findByIds(['m'])).toMatchObject([{ title: 'Will it snow?' }]);
    expect(await one.store.markets.isEmpty()).toBe(false);
  });

  it('do not wait for each other’s locks', async () => {
    const [one, two] = [await open(withSchema('one')), await open(withSchema('two'))];
    await one.store.transaction(async (inOne) => {
      expect(await inOne.computations.tryLock('trends')).toBe(true);
      expect(await inOne.outbox.lock('sink')).toBe(true);
      await two.store.transaction(async (inTwo) => {
        expect(await inTwo.computations.tryLock('trends')).toBe(true);
        expect(await inTwo.outbox.lock('sink')).toBe(true);
        expect(await one.store.transaction((again) => again.computations.tryLock('trends'))).toBe(false);
        expect(await one.store.transaction((again) => again.outbox.lock('sink'))).toBe(false);
      });
    });
  });

  it('write markets while a writer of the other schema waits', async () => {
    const [one, two] = [await open(withSchema('one')), await open(withSchema('two'))];
    await administrator.query('begin');
    await administrator.query('lock table one.markets in exclusive mode');
    const blocked = one.services.catalog.upsert([market]);
    await vi.waitFor(async () => expect(await waitingStatements()).toBe(1), { timeout: 10_000 });
    await two.services.catalog.upsert([market]);
    await administrator.query('commit');
    await blocked;
  });

  it('create partitions while the other schema creates partitions', async () => {
    await open(withSchema('one'));
    const two = await open(withSchema('two'));
    await administrator.query('begin');
    await administrator.query('set local search_path to one');
    await administrator.query(`select ensure_interaction_partitions(array[timestamptz '2020-01-15'])`);
    await two.store.partitions.ensureForEvents([new Date('2020-01-15T00:00:00Z')]);
    await administrator.query('commit');
  });

  it('create their schemas once when they start at the same time', async () => {
    const urls = ['one', 'two', 'one', 'two'].map((schema) => withSchema(schema));
    await Promise.all(urls.map((url) => open(url)));
    expect(Object.keys(await inventory())).toEqual(['one', 'two']);
  });

  describe.each(hasRedisServer ? ['PostgreSQL', 'Redis'] : ['PostgreSQL'])('over %s', (kind) => {
    it('do not receive each other’s notifications', async () => {
      const redis = kind === 'Redis' ? await startRedisServer() : undefined;
      const received: Record<string, string[]> = {};
      const join = (schema: string, origin: string): InvalidationBus => {
        const keys: string[] = (received[origin] = []);
        return openBus({
          ...{ redisUrl: redis?.url, databaseUrl: withSchema(schema), origin, logger },
          handler: {
            onInvalidated: (userKeys) => void keys.push(...userKeys),
            onPrivacyChanges: () => undefined,
            onGap: () => undefined,
            onReliabilityChange: () => undefined,
          },
        });
      };
      const [sender, same, other] = [join('one', 'sender'), join('one', 'same'), join('two', 'other')];
      await eventually(() =>
        expect([sender, same, other].map(({ reliable }) => reliable)).not.toContain(false),
      );
      sender.publish(['ada']);
      await eventually(() => expect(received['same']).toEqual(['ada']));
      // A later notification of its own schema arrives, so an earlier one of the other schema would have arrived.
      const second = join('two', 'second');
      await eventually(() => expect(second.reliable).toBe(true));
      second.publish(['bob']);
      await eventually(() => expect(received['other']).toEqual(['bob']));
      for (const bus of [sender, same, other, second]) await bus.close();
      await redis?.close();
    });
  });
});

describe('a role with few privileges', () => {
  let role: string;
  let url: string;

  beforeEach(async () => {
    role = `role_${randomUUID().replaceAll('-', '')}`;
    await administrator.query(`create role ${role} login password 'pa#ss/word'`);
    url = Object.assign(new URL(database.url), {
      username: role,
      password: encodeURIComponent('pa#ss/word'),
    }).href;
  });

  afterEach(async () => {
    for (const backend of opened.splice(0)) await backend.close();
    await administrator.query(`drop owned by ${role}; drop role ${role}`);
  });

  const databaseName = (): string => new URL(database.url).pathname.slice(1);

  it('gets an error that asks for GRANT CREATE on the schema public', async () => {
    await expect(open(url)).rejects.toThrow(
      `The role ${role} may not create tables in the schema public of the database ${databaseName()}: its owner has ` +
        `to run GRANT USAGE, CREATE ON SCHEMA "public" TO "${role}".`,
    );
  });

  it('gets an error that asks for CREATE SCHEMA for a missing schema, including that of the jobs', async () => {
    const sentence = (schema: string): string =>
      `The role ${role} may not create the schema ${schema} in the database ${databaseName()}: its owner has to run ` +
      `CREATE SCHEMA "${schema}" AUTHORIZATION "${role}".`;
    await expect(open(withSchema('bellwether', url))).rejects.toThrow(sentence('bellwether'));
    await administrator.query(`create schema bellwether authorization ${role}`);
    await expect(open(withSchema('bellwether', url))).rejects.toThrow(sentence('bellwether_jobs'));
  });

  it('starts and runs jobs when both schemas exist', async () => {
    // Roles are shared by all databases of the server, so no other test has this schema.
    const schema = `of_${role}`;
    await administrator.query(`alter role ${role} createrole`);
    await administrator.query(`create schema ${schema} authorization ${role}`);
    await administrator.query(`create schema ${schema}_jobs authorization ${role}`);
    const backend = await open(withSchema(schema, url), true);
    expect(await backend.services.jobs.request({ name: 'trends' })).toMatchObject({ status: 'REQUESTED' });
  });

  it('gets an error that asks to name the schema that its search path begins with', async () => {
    await administrator.query(`create schema ${role} authorization ${role}`);
    await expect(open(url)).rejects.toThrow(
      `The search path of the role ${role} begins with the schema ${role}, not with public: add the parameter ` +
        `schema=${role} (or schema=public) to DATABASE_URL.`,
    );
  });
});
