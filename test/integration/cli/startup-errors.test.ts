import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommand, startCommand } from '../../support/command.js';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';

const password = 'hun#ter/2';
const role = `role_${randomUUID().replaceAll('-', '')}`;

let database: TestDatabase;
let administrator: Client;

beforeAll(async () => {
  database = await createTestDatabase();
  administrator = new Client({ connectionString: database.url });
  await administrator.connect();
  await administrator.query(`create role ${role} login password '${password}'`);
  await administrator.query(
    `grant create on schema public to ${role}; grant usage, create on schema pgboss to ${role}`,
  );
});

afterAll(async () => {
  await administrator.query(`drop owned by ${role}; drop role ${role}`);
  await administrator.end();
  await database.drop();
});

const urlWith = (changes: Partial<URL>): string =>
  Object.assign(new URL(database.url), { username: role, password: encodeURIComponent(password) }, changes)
    .href;

it.each([
  [
    'a wrong password',
    () => urlWith({ password: 'hunter' }),
    /password authentication failed .* check the user and the password/,
  ],
  ['a missing database', () => urlWith({ pathname: '/nowhere' }), /"nowhere" does not exist; create it/],
  ['an unknown host', () => urlWith({ hostname: 'nowhere.invalid' }), /nowhere\.invalid; check the host/],
  [
    'a password with an unencoded #',
    () => urlWith({}).replace('%23', '#'),
    /DATABASE_URL cannot be parsed: percent-encode/,
  ],
  ['a role that does not own the tables', () => urlWith({}), /does not own the tables of the schema public/],
])('fails with one sentence, without stack or password, for %s', async (_, url, sentence) => {
  const { code, stdout, stderr } = await runCommand(['serve'], { DATABASE_URL: url(), PORT: '0' });
  expect(stderr).toMatch(sentence);
  expect(stderr.trimEnd()).not.toContain('\n');
  expect(stdout + stderr).not.toMatch(/ter\/2|ter%2F2|hunter/);
  expect(code).toBe(1);
});

it('reports every invalid setting at once', async () => {
  const env = { DATABASE_URL: 'mysql://db', REDIS_URL: 'cache', PORT: 'x', BELLWETHER_CONFG: 'ranking.yaml' };
  const { code, stderr } = await runCommand(['serve'], env);
  for (const name of Object.keys(env)) expect(stderr).toContain(name);
  expect(stderr).toContain('did you mean BELLWETHER_CONFIG?');
  expect(code).toBe(1);
});

it.each([
  [{ NODE_ENV: 'production' }, 'NODE_ENV=production requires authentication'],
  [{ HOST: '0.0.0.0' }, 'HOST=0.0.0.0 would let anyone on the network read and write all data'],
])('does not start unprotected with %j, and says what to do', async (env, sentence) => {
  const { code, stderr } = await runCommand(['serve'], { DATABASE_URL: database.url, PORT: '0', ...env });
  expect(stderr).toContain(sentence);
  expect(stderr).toContain('Create an API key with "bellwether keys create"');
  expect(stderr.trimEnd()).not.toContain('\n');
  expect(code).toBe(1);
});

it('starts on every address in production once an API key exists, without the warning of an open gateway', async () => {
  const env = { DATABASE_URL: database.url, PORT: '0', HOST: '0.0.0.0', NODE_ENV: 'production' };
  const development = startCommand(['serve'], { DATABASE_URL: database.url, PORT: '0' });
  await development.line(/development mode: no authentication/);
  development.child.kill('SIGTERM');
  await development.finished;

  const { stdout } = await runCommand(['keys', 'create', 'probe', '--role', 'MONITOR'], {
    DATABASE_URL: database.url,
  });
  const gateway = startCommand(['serve'], env);
  const [, port = ''] = await gateway.line(/ready: GraphQL at http:\/\/[\d.]+:(\d+)/);
  const ask = (headers: Record<string, string>) =>
    fetch(`http://127.0.0.1:${port}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{ "query": "{ jobs { name } }" }',
    });
  expect((await ask({ 'x-api-key': stdout.trim() })).status).toBe(200);
  expect((await ask({})).status).toBe(401);
  gateway.child.kill('SIGTERM');
  const ended = await gateway.finished;
  expect(ended.stdout).not.toContain('development mode');
  expect(ended.stdout + ended.stderr).not.toContain(stdout.trim());
}, 60_000);
