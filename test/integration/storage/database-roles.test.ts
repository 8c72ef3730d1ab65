import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openBackend, type Backend } from '../../../src/app/backend.js';
import { readSettings } from '../../../src/config/settings.js';
import { connectionTo, openClient } from '../../../src/storage/database/connection.js';
import { roleNameOf } from '../../../src/storage/database/roles.js';
import { applyMigrations } from '../../../src/storage/database/migrations.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

const logger = pino({ level: 'silent' });
const nowMs = Date.UTC(2026, 5, 15, 12);

/** Roles are shared by all databases of the server, so each test has a schema of its own. */
let schema: string;
let login: string;
let url: string;
let database: TestDatabase;
let administrator: Client;
let backend: Backend | undefined;

beforeEach(async () => {
  const id = randomUUID().replaceAll('-', '').slice(0, 12);
  [schema, login, backend] = [`site_${id}`, `login_${id}`, undefined];
  database = await createTestDatabase('empty');
  administrator = new Client({ connectionString: database.url });
  await administrator.connect();
  await administrator.query(`
    create role ${login} login password 'secret';
    create schema ${schema} authorization ${login};
    create schema ${schema}_jobs authorization ${login}`);
  url = `${Object.assign(new URL(database.url), { username: login, password: 'secret' }).href}&schema=${schema}`;
});

afterEach(async () => {
  await backend?.close();
  await administrator.query(`drop owned by ${login} cascade`);
  await administrator.end();
  await database.drop();
});

const roles = (): { app: string; jobs: string } => ({
  app: roleNameOf(schema, 'app'),
  jobs: roleNameOf(schema, 'jobs'),
});

async function open(options: { isWorker?: boolean } = {}): Promise<Backend> {
  const settings = readSettings({ DATABASE_URL: url, NODE_ENV: 'test' });
  return (backend = await openBackend({ settings, logger, clock: () => nowMs, ...options }));
}

describe('a login that owns the tables and may create roles', () => {
  beforeEach(() => administrator.query(`alter role ${login} createrole`));

  it('creates roles without login, superuser, or bypass of row-level security, whose privileges it does not inherit', async () => {
    await applyMigrations(url, { logger });
    await applyMigrations(url, { logger });
    const { app, jobs } = roles();
    const { rows } = await administrator.query(
      `select rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, pg_has_role($2, oid, 'USAGE') as inherited,
         pg_has_role($2, oid, 'SET') as assumable
       from pg_roles where rolname = any($1) order by rolname`,
      [[app, jobs], login],
    );
    const restricted = {
      ...{ rolcanlogin: false, rolsuper: false, rolbypassrls: false, rolcreaterole: false },
      ...{ inherited: false, assumable: true },
    };
    expect(rows).toEqual([app, jobs].map((rolname) => ({ rolname, ...restricted })));
  });

  it('serves events and feeds and runs every job, but sees no row of a user itself', async () => {
    const { services, jobWorker, store } = await open({ isWorker: true });
    await services.catalog.upsert([
      { id: 'm', title: 'Will it rain?', category: 'Weather', probability: 0.5 },
    ]);
    const event = { userKey: 'ann', marketId: 'm', eventType: 'PARTICIPATE', clientEventId: 'one' };
    expect(await services.tracking.track(event)).toMatchObject({ status: 'RECORDED' });
    expect(await services.tracking.track(event)).toMatchObject({ status: 'DUPLICATE' });
    // Creates a partition of a month that no start creates.
    await store.partitions.ensureForEvents([new Date('2020-01-15T00:00:00Z')]);
    const { hero } = await services.feed.feed({ userKey: 'ann', limit: 5 });
    expect(hero).toMatchObject({ market: { id: 'm' } });

    jobWorker.start();
    const jobs = await services.jobs.list();
    for (const { name } of jobs) await services.jobs.request({ name });
    await vi.waitFor(
      async () => {
        const runs = (await services.jobs.list()).map(({ name, lastRun }) => [name, lastRun?.outcome]);
        expect(runs).toEqual(jobs.map(({ name }) => [name, 'SUCCEEDED']));
      },
      { timeout: 60_000, interval: 100 },
    );

    const count = `select (select count(*)::int from profiles) + (select count(*)::int from interactions) as rows`;
    const owner = await openClient(connectionTo(url), {});
    expect((await owner.query(count)).rows).toEqual([{ rows: 0 }]);
    await owner.end();
    const worker = await openClient(connectionTo(url, {}, 'jobs'), {});
    expect((await worker.query(count)).rows).toEqual([{ rows: 2 }]);
    await worker.end();
  });

  it('reports a migration that would skip rows of users', async () => {
    await applyMigrations(url, { logger });
    const owner = await openClient(connectionTo(url, { row_security: 'off' }), {});
    await expect(owner.query(`update profiles set recent = ''`)).rejects.toThrow(
      'query would be affected by row-level security policy for table "profiles"',
    );
    await owner.end();
  });

  it('repairs access that was lost, such as by a restore into another server', async () => {
    await applyMigrations(url, { logger });
    const { app, jobs } = roles();
    await administrator.query(`drop owned by ${app}, ${jobs}; drop role ${app}, ${jobs};
      alter table ${schema}.profiles no force row level security, disable row level security`);
    const { services } = await open();
    await services.catalog.upsert([{ id: 'm', title: 'Will it rain?', category: 'Weather' }]);
    const event = { userKey: 'ann', marketId: 'm', eventType: 'CLICK' };
    expect(await services.tracking.track(event)).toMatchObject({ status: 'RECORDED' });
    const { rows } = await administrator.query(
      `select relrowsecurity, relforcerowsecurity from pg_class where oid = '${schema}.profiles'::regclass`,
    );
    expect(rows).toEqual([{ relrowsecurity: true, relforcerowsecurity: true }]);
  });

  it('replaces a grant of a whole table by that of some of its columns', async () => {
    await applyMigrations(url, { logger });
    const { app } = roles();
    await administrator.query(`grant select on ${schema}.retired_users to ${app}`);
    await applyMigrations(url, { logger });
    const { rows } = await administrator.query(
      `select attname::text as column from pg_attribute where attrelid = '${schema}.retired_users'::regclass and attnum > 0
         and has_column_privilege('${app}', attrelid, attnum, 'select') order by 1`,
    );
    expect(rows).toEqual([{ column: 'until' }, { column: 'user_hash' }]);
  });

  it('changes nothing at a start that finds all roles and access', async () => {
    await applyMigrations(url, { logger });
    const state = async (): Promise<object[]> =>
      (
        await administrator.query<object>(
          `select (select array_agg(xmin::text order by oid) from pg_class where relnamespace = $1::text::regnamespace) as relations,
             (select array_agg(a.xmin::text order by attrelid, attnum) from pg_attribute a
               join pg_class c on c.oid = attrelid where relnamespace = $1::text::regnamespace) as columns,
             (select array_agg(xmin::text order by oid) from pg_policy) as policies,
             (select array_agg(xmin::text order by oid) from pg_authid where rolname = any($2)) as roles,
             (select nspacl::text from pg_namespace where nspname = $1::text) as schema`,
          [schema, Object.values(roles())],
        )
      ).rows;
    const before = await state();
    await applyMigrations(url, { logger });
    expect(await state()).toEqual(before);
  });

  it('rejects a role that bypasses row-level security', async () => {
    const { app } = roles();
    await administrator.query(`create role ${app} bypassrls`);
    await expect(open()).rejects.toThrow(
      `Row-level security does not apply to the role ${app}: an administrator has to run ALTER ROLE "${app}" ` +
        'NOSUPERUSER NOBYPASSRLS.',
    );
    await administrator.query(`drop role ${app}`);
  });
});

describe('a login that may not create roles', () => {
  const statements = (): string => {
    const { app, jobs } = roles();
    const grant = (role: string) => `GRANT "${role}" TO "${login}" WITH INHERIT FALSE, SET TRUE`;
    return `CREATE ROLE "${app}" NOLOGIN; ${grant(app)}; CREATE ROLE "${jobs}" NOLOGIN; ${grant(jobs)}`;
  };

  it('gets an error with the statements for an administrator, after which it starts', async () => {
    await expect(open()).rejects.toThrow(
      `The role ${login} may not create or assume the roles that requests and jobs run as (${roles().app}, ` +
        `${roles().jobs}): an administrator has to run ${statements()}.`,
    );
    await administrator.query(statements());
    const { services } = await open();
    expect(await services.feed.feed({ userKey: 'ann', limit: 5 })).toMatchObject({ degraded: false });
  });

  it('gets an error with the missing statements only', async () => {
    const { app, jobs } = roles();
    await administrator.query(`create role ${app}; create role ${jobs}; grant ${app} to ${login}`);
    await expect(open()).rejects.toThrow(
      `an administrator has to run GRANT "${jobs}" TO "${login}" WITH INHERIT FALSE, SET TRUE.`,
    );
  });
});

it('gives gateways in two schemas of a database roles that cannot read each other’s tables', async () => {
  await administrator.query(`alter role ${login} createrole`);
  await applyMigrations(url, { logger });
  const other = `${schema}_two`;
  await administrator.query(`create schema ${other} authorization ${login};
    create schema ${other}_jobs authorization ${login}`);
  await applyMigrations(url.replace(/schema=.*/, `schema=${other}`), { logger });
  for (const role of ['app', 'jobs'] as const) {
    const client = await openClient(connectionTo(url, {}, role), {});
    await client.query('select from markets');
    await expect(client.query(`select from ${other}.markets`)).rejects.toThrow(
      `permission denied for schema ${other}`,
    );
    await client.end();
  }
  const names = [roleNameOf(other, 'app'), roleNameOf(other, 'jobs')];
  await administrator.query(`drop owned by ${names.join()}; drop role ${names.join()}`);
});
