import { Client } from 'pg';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { rebuildProfile } from '../../../src/profiles/rebuild-profile.js';
import { openDatabase } from '../../../src/storage/database/client.js';
import { createStore } from '../../../src/storage/store.js';
import { readable } from '../../support/packed-profiles.js';
import { decay } from '../../support/profile-events.js';
import { startTestGateway, type Answer, type TestGateway } from '../../support/test-gateway.js';

let gateway: TestGateway;
/** The connection of another program. */
let other: Client;

beforeAll(async () => {
  gateway = await startTestGateway();
  await gateway.addMarkets({ id: 'm1' });
  other = new Client({ connectionString: gateway.databaseUrl });
  await other.connect();
});

afterAll(async () => {
  await other.end();
  await gateway.close();
});

beforeEach(async () => {
  for (const userKey of ['locked', ...OTHERS]) expect(await track(userKey)).toMatchObject(recorded);
  await other.query('begin');
});

afterEach(() => other.query('rollback'));

const OTHERS = Array.from({ length: 20 }, (_, index) => `free ${index}`);

const recorded = { data: { trackInteraction: { status: 'RECORDED' } } };
const unavailable = { errors: [{ extensions: { code: 'UNAVAILABLE', retryAfterMs: 1_000 } }] };

const click = (userKey: string) => ({ userKey, marketId: 'm1', eventType: 'CLICK' });
const track = (userKey: string): Promise<Answer<Record<string, unknown>>> =>
  gateway.query('mutation ($input: TrackInteractionInput!) { trackInteraction(input: $input) { status } }', {
    input: click(userKey),
  });
const lock = (userKey: string) =>
  other.query('select 1 from profiles where user_key = $1 for update', [userKey]);
const totalOf = async (userKey: string) =>
  (await gateway.backend.store.profiles.load([userKey])).map(({ totalInteractions }) => totalInteractions)[0];
const recordStatements = () => gateway.statements.filter((sql) => sql.includes('record_events(')).length;

async function expectOnlyRejected(userKey: string): Promise<void> {
  const keys = [...OTHERS.slice(0, 10), userKey, ...OTHERS.slice(10)];
  const answers = await Promise.all(keys.map(track));
  answers.forEach((answer, index) => {
    expect(answer).toMatchObject(keys[index] === userKey ? unavailable : recorded);
  });
}

it('rejects only the events of a user whose profile another transaction locks', async () => {
  await lock('locked');
  await expectOnlyRejected('locked');
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
  await other.query('commit');
  expect(await track('locked')).toMatchObject(recorded);
});

it('does not wait for a profile again while it stays locked', async () => {
  await lock('locked');
  await expectOnlyRejected('locked');
  gateway.statements.length = 0;
  const { tracking } = gateway.backend.services;
  const outcomes = await Promise.allSettled(['locked', ...OTHERS].map((key) => tracking.track(click(key))));
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', ...OTHERS.map(() => 'fulfilled')]);
  // One commit per lane; none waited for the lock.
  expect(recordStatements()).toBe(2);
});

it('rejects only the events of a user whose profile another transaction has just inserted', async () => {
  await other.query(`insert into profiles (user_key) values ('new')`);
  await expectOnlyRejected('new');
  await other.query('rollback');
  expect(await track('new')).toMatchObject(recorded);
});

it('records none of a batch that includes a user whose profile is locked', async () => {
  await lock('locked');
  const before = await totalOf('free 0');
  // The commit locks the first profile and then fails at the second.
  const batch = gateway.backend.services.tracking.trackAll(
    {
      interactions: [click('free 0'), click('locked')],
    },
    () => true,
  );
  await expect(batch).rejects.toMatchObject({ code: 'UNAVAILABLE', retryAfterMs: 1_000 });
  expect(await totalOf('free 0')).toBe(before);
});

it('locks the profiles of a batch in byte order, like every other transaction', async () => {
  // In UTF-16 order, the surrogates of the second sort before the first.
  const [first, second] = ['\uff01', '\u{1f600}'];
  await gateway.backend.services.tracking.trackAll(
    { interactions: [click(first), click(second)] },
    () => true,
  );
  await lock(first);
  const batch = gateway.backend.services.tracking.trackAll(
    { interactions: [click(first), click(second)] },
    () => true,
  );
  await vi.waitFor(async () => {
    // Within a transaction, PostgreSQL returns the snapshot of the first query.
    await other.query('select pg_stat_clear_snapshot()');
    const { rowCount } = await other.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%record_events(%'`,
    );
    expect(rowCount).toBe(1);
  });
  await other.query('select 1 from profiles where user_key = $1 for update nowait', [second]);
  await other.query('rollback');
  expect(await batch).toMatchObject({ recordedCount: 2 });
});

it('returns DUPLICATE to a user while the profile of another user is locked', async () => {
  const input = { ...click('free 1'), clientEventId: 'once' };
  const { tracking } = gateway.backend.services;
  await tracking.track(input);
  await lock('locked');
  const [first, second] = await Promise.allSettled([tracking.track(click('locked')), tracking.track(input)]);
  expect(first).toMatchObject({ status: 'rejected', reason: { code: 'UNAVAILABLE' } });
  expect(second).toMatchObject({ status: 'fulfilled', value: { status: 'DUPLICATE' } });
});

it('imports events of a user whose profile is unlocked after a second', async () => {
  await lock('locked');
  const before = await totalOf('locked');
  const imported = gateway.backend.history.importAll([click('locked')]);
  await vi.waitFor(() => expect(recordStatements()).toBeGreaterThan(0));
  await other.query('select pg_sleep(1)');
  await other.query('commit');
  expect(await imported).toEqual([{ outcome: 'RECORDED' }]);
  expect(await totalOf('locked')).toBe((before ?? 0) + 1);
});

it('reads a locked profile without a state by folding the events', async () => {
  await other.query(`update profiles set state = null where user_key = 'free 2'; commit; begin`);
  await lock('free 2');
  expect(await totalOf('free 2')).toBeGreaterThan(0);
});

it('skips a locked profile in a rewrite and replaces the others', async () => {
  const { profiles, profileRewrites } = gateway.backend.store;
  const found = readable(await profiles.read(['free 3', 'locked'], { lifetime: false }));
  await lock('locked');
  const rewritten = await profileRewrites.rewrite(
    found.map(({ packed, profile }) => ({ packed, after: profile })),
  );
  expect(await profileRewrites.replace(rewritten)).toEqual(['free 3']);
});

it('skips a profile without a state in a rewrite, so that its lifetime sums are not lost', async () => {
  const { profiles, profileRewrites } = gateway.backend.store;
  const [before] = await profiles.load(['free 4']);
  await other.query(
    `update profiles set state = null, lifetime = '' where user_key = 'free 4'; commit; begin`,
  );
  await lock('free 4');
  const [found] = readable(await profiles.read(['free 4'], { lifetime: false }));
  if (found === undefined) throw new Error('The profile was not read.');
  await other.query('rollback; begin');
  const rewritten = await profileRewrites.rewrite([{ packed: found.packed, after: found.profile }]);
  expect(await profileRewrites.replace(rewritten)).toEqual([]);
  expect(await profiles.load(['free 4'])).toEqual([before]);
});

it('folds a long history before it locks the profile for a rebuild', async () => {
  await other.query(
    `insert into interactions (id, user_key, market_id, event_type, weight, occurred_at, received_at)
      select gen_random_uuid(), 'long', 'm1', 'CLICK', 2, $1, $1 from generate_series(1, 6000);
    `.replaceAll('$1', `'${new Date(gateway.clock.nowMs).toISOString()}'`),
  );
  await other.query('commit');
  const statements: string[] = [];
  const database = openDatabase({
    ...{ url: gateway.databaseUrl, role: 'jobs', poolSize: 1 },
    ...{ logger: pino({ level: 'silent' }), onStatement: (sql) => statements.push(sql) },
  });
  await rebuildProfile(createStore(database.prisma, { decay }), 'long');
  await database.close();
  const locked = statements.findIndex((sql) => sql.includes('for update'));
  const readsHistory = (sql: string) => sql.includes('from events_of_user(');
  expect(statements.slice(0, locked).filter(readsHistory).length).toBeGreaterThan(1);
  // While the profile is locked, only a check for newer events.
  expect(statements.slice(locked).filter(readsHistory)).toEqual([]);
  expect(statements.slice(locked).filter((sql) => sql.includes('max(seq)'))).toHaveLength(1);
  expect(await totalOf('long')).toBe(6_000);
});
