import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openBackend, type Backend } from '../../../src/app/backend.js';
import { startGateway, type Gateway } from '../../../src/app/gateway.js';
import { readSettings } from '../../../src/config/settings.js';
import { releaseUsers } from '../../../src/privacy/release-users.js';
import type { Store } from '../../../src/storage/store.js';
import { recordingLogger } from '../../support/log-lines.js';
import { occurrencesOf } from '../../support/privacy.js';
import { createTestDatabase, queryDatabase, type TestDatabase } from '../../support/test-database.js';
import { TEST_NOW_MS } from '../../support/test-gateway.js';

const canary = (part: string): string => `canary-${part}-${randomBytes(6).toString('hex')}`;

/** Only the second arm puts the market m3 first, so the user is exposed in either. */
const EXPERIMENT = `experiments:
  - name: editorial
    arms:
      - { name: none, weight: 0.5, patch: { v2: { weights: { editorial: 0 } } } }
      - { name: most, weight: 0.5, patch: { v2: { weights: { editorial: 10 } } } }
`;

interface Replica {
  readonly backend: Backend;
  readonly gateway: Gateway;
  readonly lines: readonly Record<string, unknown>[];
}

let database: TestDatabase;
let folder: string;
let clock: { nowMs: number };
let replicas: Replica[];

async function startReplica(configFile: string): Promise<Replica> {
  const { logger, lines } = recordingLogger();
  const options = {
    settings: readSettings({
      ...{ DATABASE_URL: database.url, PORT: '0', NODE_ENV: 'test', BELLWETHER_CONFIG: configFile },
    }),
    ...{ logger, clock: () => clock.nowMs },
  };
  const backend = await openBackend(options);
  return { backend, gateway: await startGateway(backend, { ...options, backgroundWork: false }), lines };
}

beforeEach(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(path.join(tmpdir(), 'bellwether-erasure-'));
  clock = { nowMs: TEST_NOW_MS };
  const configFile = path.join(folder, 'config.yaml');
  await writeFile(
    configFile,
    `sinks: [{ name: archive, type: jsonl, folder: ${folder} }]\nimpressions: { trackOnServe: true }\n${EXPERIMENT}`,
  );
  replicas = [await startReplica(configFile), await startReplica(configFile)];
  const markets = ['m1', 'm2', 'm3'].map((id, index) => ({
    ...{ id, title: `Will ${id} happen?`, category: 'Politics', volumeTotal: 10 - index },
    editorialBoost: index === 2 ? 1 : 0,
  }));
  await replicas[0]?.backend.services.catalog.upsert(markets);
  await replicas[1]?.backend.services.catalog.refresh();
});

afterEach(async () => {
  for (const { gateway, backend } of replicas) {
    await gateway.stop();
    await backend.close();
  }
  await database.drop();
  await rm(folder, { recursive: true });
});

async function ask(
  { gateway }: Replica,
  query: string,
  variables: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${gateway.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data?: Record<string, unknown>; errors?: unknown };
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data ?? {};
}

const TRACK = `mutation ($input: TrackInteractionInput!) {
  trackInteraction(input: $input) { status ignoredReason } }`;
const FEED = `query ($userKey: String) { feed(userKey: $userKey) { id userKey hero { market { id } } } }`;
const ERASE = `mutation ($userKey: String) { eraseUser(input: { userKey: $userKey }) { erasedUserKey } }`;

async function exported(): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
  return (await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')))).join('');
}

const eachReplica = async (work: (replica: Replica) => Promise<unknown>): Promise<void> => {
  for (const replica of replicas) await work(replica);
};

describe('an erasure', () => {
  it('leaves a canary in no column, cache, log or file, and a late event is IGNORED', async () => {
    const [userKey, sessionId, note] = [canary('user'), canary('session'), canary('context')];
    const stake = 123_456.789_012;
    const texts = [userKey, sessionId, note, String(stake)];
    const event = {
      ...{ userKey, marketId: 'm1', eventType: 'PARTICIPATE', sessionId, stake, context: { note } },
    };
    await eachReplica(async (replica) => {
      await ask(replica, TRACK, { input: event });
      await ask(replica, TRACK, { input: { ...event, clientEventId: canary('key') } });
      await ask(replica, FEED, { userKey });
      // Rejected: stored for staff.
      await replica.backend.services.tracking.trackAll(
        {
          interactions: [
            { ...event, marketId: 'none' },
            { ...event, stake: -1, context: { note: note.repeat(500) } },
          ],
        },
        () => true,
      );
      await replica.backend.services.trends.refresh();
      await ask(
        replica,
        `query ($userKey: String!) { userProfile(userKey: $userKey) { totalInteractions } }`,
        { userKey },
      );
    });
    const [imported] =
      (await replicas[0]?.backend.history.importAll([{ ...event, clientEventId: 'import' }])) ?? [];
    expect(imported).toEqual({ outcome: 'RECORDED' });
    // Other users, of whom nothing may be lost.
    await eachReplica((replica) =>
      ask(replica, TRACK, { input: { ...event, userKey: 'ben', sessionId: 'b', stake: 1, context: null } }),
    );
    const tables = () => occurrencesOf(database.url, userKey);
    await vi.waitFor(
      async () =>
        expect(await tables()).toEqual(
          [
            'exposures',
            'interactions_2026_06',
            'client_events',
            'profiles',
            'profile_changes',
            'outbox',
            'served_feeds_2026_06_15_12',
            'rejected_events',
          ].sort(),
        ),
      { timeout: 10_000 },
    );

    expect(await ask(replicas[0] as Replica, ERASE, { userKey })).toEqual({
      eraseUser: { erasedUserKey: userKey },
    });
    for (const text of texts) expect(await occurrencesOf(database.url, text)).toEqual([]);

    await eachReplica(async (replica) => {
      expect(await ask(replica, TRACK, { input: event })).toEqual({
        trackInteraction: { status: 'IGNORED', ignoredReason: 'ERASED' },
      });
      expect(await ask(replica, FEED, { userKey })).toMatchObject({ feed: { userKey: null } });
      await replica.backend.services.tracking.trackAll(
        { interactions: [{ ...event, stake: -1 }] },
        () => true,
      );
      replica.backend.relays.start();
    });
    await vi.waitFor(async () => expect(await exported()).toContain('USER_ERASED'), { timeout: 10_000 });
    for (const text of texts) {
      expect(await occurrencesOf(database.url, text)).toEqual([]);
      expect(await exported()).not.toContain(text);
      for (const { lines } of replicas) expect(JSON.stringify(lines)).not.toContain(text);
    }
    const notices = (await exported()).split('\n').filter((line) => line.includes('USER_ERASED'));
    const pseudonym = replicas[0]?.backend.services.profiles.user(userKey).id;
    expect(notices.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ user: pseudonym, eventType: 'USER_ERASED', marketId: null, context: null }),
    ]);
    expect(
      await queryDatabase(
        database.url,
        `select count(*)::int as events from interactions where user_key = 'ben'`,
      ),
    ).toEqual([{ events: 2 }]);
  });

  it('removes the user from the roll-ups of trends', async () => {
    const [here] = replicas as [Replica];
    const rollups = () =>
      queryDatabase(
        database.url,
        `select (select count(*)::int from trend_pairs) as trends, (select count(*)::int from popularity_pairs) as popularity,
           (select count(*)::int from rollup_events) as queued, (select sum(views + participations)::int from activity_counts) as counts`,
      );
    const click = { marketId: 'm1', eventType: 'CLICK', country: 'IL' };
    await ask(here, TRACK, { input: { ...click, userKey: 'ben' } });
    await here.backend.services.trends.refresh();
    const before = await rollups();
    await ask(here, TRACK, { input: { ...click, userKey: 'ada' } });
    await here.backend.services.trends.refresh();
    expect(await rollups()).not.toEqual(before);
    await ask(here, TRACK, { input: { ...click, userKey: 'ada', marketId: 'm2' } });
    await ask(here, ERASE, { userKey: 'ada' });
    expect(await rollups()).toEqual(before);
  });

  it('cannot be undone by events in flight, however they interleave', async () => {
    for (let round = 0; round < 20; round++) {
      const userKey = canary(`round-${round}`);
      const statuses = new Map<unknown, number>();
      const send = async (index: number): Promise<void> => {
        const replica = replicas[index % 2] as Replica;
        const { trackInteraction } = await ask(replica, TRACK, {
          input: {
            userKey,
            marketId: 'm1',
            eventType: 'CLICK',
            ...(index % 3 === 0 ? { clientEventId: 'same' } : {}),
          },
        });
        const { status } = trackInteraction as { status: string };
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      };
      const sending = Array.from({ length: 30 }, (_, index) => send(index));
      const feeds = replicas.map((replica) => ask(replica, FEED, { userKey }));
      await ask(replicas[round % 2] as Replica, ERASE, { userKey });
      await Promise.all([...sending, ...feeds]);
      await send(0);
      await send(1);
      expect(statuses.get('IGNORED')).toBeGreaterThanOrEqual(2);
      expect(await occurrencesOf(database.url, userKey)).toEqual([]);
    }
  }, 60_000);

  it('is complete when it is repeated, also for a user that is not known', async () => {
    const [here] = replicas as [Replica];
    for (let time = 0; time < 2; time++) {
      expect(await ask(here, ERASE, { userKey: 'nobody' })).toEqual({
        eraseUser: { erasedUserKey: 'nobody' },
      });
    }
    expect(await occurrencesOf(database.url, 'nobody')).toEqual([]);
  });

  it('ends after 30 days for new events, and never for imported events before it', async () => {
    const [here] = replicas as [Replica];
    const click = { userKey: 'ada', marketId: 'm1', eventType: 'CLICK' };
    await ask(here, TRACK, { input: click });
    await ask(here, ERASE, { userKey: 'ada' });
    clock.nowMs += 30 * 86_400_000;
    const run = { now: new Date(clock.nowMs), signal: new AbortController().signal };
    expect(await releaseUsers(here.backend.store, run)).toBe(1);
    expect(await releaseUsers(here.backend.store, run)).toBe(0);
    await eachReplica((replica) =>
      vi.waitFor(
        async () =>
          expect(await ask(replica, TRACK, { input: click })).toMatchObject({
            trackInteraction: { status: 'RECORDED' },
          }),
        { timeout: 5_000 },
      ),
    );
    const old = { ...click, occurredAt: '2026-06-01T00:00:00Z', clientEventId: 'old' };
    const young = { ...click, occurredAt: '2026-07-01T00:00:00Z', clientEventId: 'young' };
    expect(await here.backend.history.importAll([old, young])).toEqual([
      { outcome: 'IGNORED' },
      { outcome: 'RECORDED' },
    ]);
  });

  it('begins again for a user who is erased while an earlier erasure ends', async () => {
    const [here] = replicas as [Replica];
    await ask(here, ERASE, { userKey: 'ada' });
    clock.nowMs += 30 * 86_400_000;
    let erasing: Promise<unknown> | undefined;
    const { store: stored } = here.backend;
    // Between the steps of a run.
    const store: Pick<Store, 'transaction'> = {
      transaction: (work) =>
        stored.transaction(async (repositories) => {
          const { retiredUsers } = repositories;
          const release = retiredUsers.release.bind(retiredUsers);
          retiredUsers.release = async (userHashes) => {
            erasing = ask(here, ERASE, { userKey: 'ada' });
            await Promise.race([erasing, sleep(200)]);
            await release(userHashes);
          };
          return work(repositories);
        }),
    };
    const run = { now: new Date(clock.nowMs), signal: new AbortController().signal };
    expect(await releaseUsers(store, run)).toBe(1);
    await erasing;
    const blocked = `select until > retired_at as blocked from retired_users`;
    expect(await queryDatabase(database.url, blocked)).toEqual([{ blocked: true }]);
  });

  it('writes no user key to the log when the database rejects the event', async () => {
    const userKey = canary('user');
    await queryDatabase(
      database.url,
      `alter table interactions add constraint no_shares check (event_type <> 'SHARE')`,
    );
    const [here] = replicas as [Replica];
    const event = { userKey, marketId: 'm1', eventType: 'SHARE', sessionId: canary('session') };
    await expect(ask(here, TRACK, { input: event })).rejects.toThrow();
    expect(here.lines.length).toBeGreaterThan(0);
    const leaking = here.lines.filter((line) => JSON.stringify(line).includes('canary-'));
    expect(leaking).toEqual([]);
  });
});
