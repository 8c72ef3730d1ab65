import { Client } from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;
let other: Client;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets({ id: 'm1' }, { id: 'm2' });
  other = new Client({ connectionString: gateway.databaseUrl });
  await other.connect();
});

afterAll(async () => {
  await other.end();
  await gateway.close();
});

const UPSERT = `mutation ($markets: [MarketInput]!) {
  upsertMarkets(input: { markets: $markets }) { results { id status } } }`;
const track = (userKey: string) =>
  gateway.query(
    `mutation { trackInteraction(input: { userKey: "${userKey}", marketId: "m1", eventType: CLICK }) { status } }`,
  );
const waitingSessions = async () =>
  (
    await other.query(
      `select from pg_stat_activity where datname = current_database() and wait_event = 'advisory'`,
    )
  ).rowCount;

it('serves events and feeds while 30 calls of upsertMarkets wait for another writer, and merges the calls', async () => {
  const lock = `4201001::int, hashtext(current_schema() || '.')`;
  await other.query(`select pg_advisory_lock(${lock})`);
  gateway.statements.length = 0;
  const upserts = Array.from({ length: 30 }, (_, n) =>
    gateway.query(UPSERT, {
      markets: [
        { id: `new-${n}`, title: `Market ${n}` },
        { id: 'm2', volume24h: n },
      ],
    }),
  );
  await vi.waitFor(async () => expect(await waitingSessions()).toBe(1));
  for (let n = 0; n < 20; n += 1) {
    expect((await track(`user ${n}`)).data).toEqual({ trackInteraction: { status: 'RECORDED' } });
    const { data } = await gateway.query(`{ feed(userKey: "user ${n}") { personalized degraded } }`);
    expect(data).toEqual({ feed: { personalized: true, degraded: false } });
  }
  expect(await waitingSessions()).toBe(1);
  await other.query(`select pg_advisory_unlock(${lock})`);
  for (const [n, answer] of (await Promise.all(upserts)).entries()) {
    expect(answer.data).toMatchObject({
      upsertMarkets: { results: [{ id: `new-${n}`, status: 'CREATED' }, { id: 'm2' }] },
    });
  }
  const transactions = gateway.statements.filter((sql) => sql.includes('pg_advisory_xact_lock'));
  expect(transactions.length).toBeLessThan(10);
  const { data } = await gateway.query(`{ market(id: "m2") { volume24h } }`);
  expect(data).toEqual({ market: { volume24h: 29 } });
});

it('fails only the call with a market that the database rejects if calls are merged', async () => {
  await other.query(`
    create function reject_market() returns trigger language plpgsql as
      $$ begin if new.title = 'poison' then raise check_violation; end if; return new; end $$;
    create trigger reject_market before insert or update on markets for each row execute function reject_market()`);
  const titles = Array.from({ length: 12 }, (_, n) => (n === 5 ? 'poison' : `healthy ${n}`));
  const answers = await Promise.all(
    titles.map((title, n) => gateway.query(UPSERT, { markets: [{ id: `merged-${n}`, title }] })),
  );
  expect(titles.filter((_, n) => answers[n]?.errors !== undefined)).toEqual(['poison']);
  const { rows } = await other.query(`select from markets where id like 'merged-%'`);
  expect(rows).toHaveLength(11);
});

it('serves lists of markets while all connections for events are in use', async () => {
  await other.query('begin');
  await other.query('lock table interactions in access exclusive mode');
  const events = Array.from({ length: 30 }, (_, n) => track(`waiting ${n}`));
  const { data } = await gateway.query('{ markets(first: 1) { edges { node { id } } } }');
  expect(data).toMatchObject({ markets: { edges: [{}] } });
  await other.query('rollback');
  await Promise.all(events);
});
