import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { ProfileChanges } from '../../../src/storage/profiles/profile-change-repository.js';
import { readable } from '../../support/packed-profiles.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;
let one: Client;
let two: Client;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets({ id: 'm1' });
  one = new Client({ connectionString: gateway.databaseUrl });
  two = new Client({ connectionString: gateway.databaseUrl });
  await Promise.all([one.connect(), two.connect()]);
});

afterEach(async () => {
  await one.query('rollback');
  await two.query('rollback');
});

afterAll(async () => {
  await Promise.all([one.end(), two.end()]);
  await gateway.close();
});

const since = (mark?: ProfileChanges['mark']) => gateway.backend.store.profileChanges.since(mark);
const insert = (userKey: string) => `insert into profiles (user_key, version) values ('${userKey}', 7)`;
const track = (userKey: string) =>
  gateway.backend.services.tracking.track({ userKey, marketId: 'm1', eventType: 'CLICK' });

it('returns each change once, in any commit order', async () => {
  const { mark } = await since();
  await one.query(`begin; ${insert('early')}`);
  await two.query(insert('late'));
  const first = await since(mark);
  expect(first.changes).toEqual([{ userKey: 'late', version: 7 }]);
  await two.query(insert('later'));
  await one.query('commit');
  const second = await since(first.mark);
  expect(second.changes).toEqual(
    expect.arrayContaining([
      { userKey: 'early', version: 7 },
      { userKey: 'later', version: 7 },
    ]),
  );
  expect(second.changes).toHaveLength(2);
  expect((await since(second.mark)).changes).toEqual([]);
});

it('does not return a change that was rolled back', async () => {
  const { mark } = await since();
  await one.query(`begin; ${insert('undone')}; rollback`);
  expect((await since(mark)).changes).toEqual([]);
});

it('returns changes by events, rebuilds, rewrites, and deletions', async () => {
  const { profiles } = gateway.backend.store;
  let { mark } = await since();
  const changesOf = async (work: () => Promise<unknown>) => {
    await work();
    const found = await since(mark);
    mark = found.mark;
    return found.changes;
  };
  expect(await changesOf(() => track('ada'))).toEqual([{ userKey: 'ada', version: 1 }]);
  expect(await changesOf(() => track('ada'))).toEqual([{ userKey: 'ada', version: 2 }]);
  expect(await changesOf(() => gateway.backend.rebuildProfile('ada'))).toEqual([
    { userKey: 'ada', version: 3 },
  ]);
  const { profileRewrites } = gateway.backend.store;
  const found = readable(await profiles.read(['ada'], { lifetime: false }));
  const rewritten = await profileRewrites.rewrite(
    found.map(({ packed, profile }) => ({ packed, after: profile })),
  );
  const replaced = await changesOf(() => profileRewrites.replace(rewritten));
  expect(replaced).toEqual([{ userKey: 'ada', version: 4 }]);
  const erased = await changesOf(() => one.query(`delete from profiles where user_key = 'ada'`));
  expect(erased).toEqual([{ userKey: 'ada', version: 2_147_483_647 }]);
});

it('returns the changes of several statements of a transaction', async () => {
  const { mark } = await since();
  await one.query(
    `begin; ${insert('a')}; ${insert('b')}; update profiles set version = 8 where user_key = 'a'; commit`,
  );
  expect((await since(mark)).changes).toEqual([
    { userKey: 'a', version: 7 },
    { userKey: 'b', version: 7 },
    { userKey: 'a', version: 8 },
  ]);
});

it('returns all for more than 10,000 profiles of a transaction', async () => {
  const { mark } = await since();
  await one.query(`insert into profiles (user_key) select 'many ' || i from generate_series(1, 10001) i`);
  expect((await since(mark)).changes).toBe('all');
});

it('removes the changes before a mark, except those of transactions that were open then', async () => {
  await one.query(`begin; ${insert('open')}`);
  await track('done');
  const { mark } = await since();
  await one.query('commit');
  await gateway.backend.store.profileChanges.removeBefore(mark, 1_000_000);
  expect((await since(mark)).changes).toEqual([{ userKey: 'open', version: 7 }]);
  await two.query('select 1');
  const later = (await since()).mark;
  await gateway.backend.store.profileChanges.removeBefore(later, 1_000_000);
  expect((await one.query('select from profile_changes')).rowCount).toBe(0);
});

it('ignores and removes changes restored from a dump of another server', async () => {
  const foreignXid = '4000000000000';
  await one.query(`insert into profile_changes values (${foreignXid}, '{}', '{}')`);
  const { mark } = await since();
  expect((await since(mark)).changes).toEqual([]);
  await gateway.backend.store.profileChanges.removeBefore(mark, 1_000_000);
  expect((await one.query(`select from profile_changes where xid = ${foreignXid}`)).rowCount).toBe(0);
});

it('keeps a cached profile that the replica itself changed', async () => {
  await gateway.backend.changePoll.poll();
  await track('own');
  await gateway.backend.changePoll.poll();
  gateway.statements.length = 0;
  const [state] = await gateway.backend.services.profiles.load(['own']);
  expect(state?.totalInteractions).toBe(1);
  expect(gateway.statements).toEqual([]);
});
