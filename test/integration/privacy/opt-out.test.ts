import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { queryDatabase, type TestDatabase } from '../../support/test-database.js';
import { auditedWrites, auditWrites, occurrencesOf, setPersonalization } from '../../support/privacy.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let first: TestGateway;
let second: TestGateway;

beforeAll(async () => {
  first = await startTestGateway();
  const shared: TestDatabase = { url: first.databaseUrl, drop: () => Promise.resolve() };
  second = await startTestGateway({}, shared);
  await first.addMarkets({ id: 'm1' }, { id: 'm2' }, { id: 'm3' });
  await second.backend.services.catalog.refresh();
});

afterAll(async () => {
  await second.close();
  await first.close();
});

async function track(replica: TestGateway, userKey: string, eventType = 'CLICK'): Promise<unknown> {
  const { data, errors } = await replica.query(
    `mutation ($input: TrackInteractionInput!) {
      trackInteraction(input: $input) { status ignoredReason interactionId profileUpdated profile { totalInteractions } } }`,
    { input: { userKey, marketId: 'm1', eventType, clientEventId: 'one' } },
  );
  expect(errors).toBeUndefined();
  return data?.['trackInteraction'];
}

async function feedOf(replica: TestGateway, userKey: string | null) {
  const { data, errors } = await replica.query(
    `query ($userKey: String) { feed(userKey: $userKey) {
       id userKey personalized degraded items(first: 3) { nodes { market { id } } } } }`,
    { userKey },
  );
  expect(errors).toBeUndefined();
  return data?.['feed'] as { id: string; userKey: string | null; personalized: boolean; degraded: boolean };
}

/** Every request that names a user. */
async function useAll(replica: TestGateway, userKey: string): Promise<void> {
  await feedOf(replica, userKey);
  await replica.query(
    `query ($userKey: String!) { userProfile(userKey: $userKey) { totalInteractions }
       user(userKey: $userKey) { profile { totalInteractions } feed { id } }
       rankMarkets(userKey: $userKey, marketIds: ["m1", "m2"]) { personalized } }`,
    { userKey },
  );
  await track(replica, userKey);
  await replica.query(
    `mutation ($userKey: String!) {
       trackImpressions(input: { userKey: $userKey, items: [{ marketId: "m2" }] }) { recordedCount }
       trackInteractions(input: { interactions: [
         { userKey: $userKey, marketId: "m1", eventType: HIDE },
         { userKey: $userKey, marketId: "none", eventType: HIDE }] }) { recordedCount } }`,
    { userKey },
  );
}

/** Resolves when feeds that were served so far are stored, with one of another user after them. */
async function storedFeeds(): Promise<void> {
  for (const replica of [first, second]) {
    const { id } = await feedOf(replica, `later ${replica.url}`);
    await vi.waitFor(async () =>
      expect(
        await queryDatabase(first.databaseUrl, `select from served_feeds where feed_id = '${id}'`),
      ).toHaveLength(1),
    );
  }
}

/** Statements that read or write rows of a user by its key. */
const PERSONAL = /profiles|record_events|client_events|outbox|rejected_events|user_settings|events_of_user/;

describe('a user who opts out on one of two replicas', () => {
  it('gets global feeds, and no event is recorded, from the next request on, on both', async () => {
    const anonymous = await feedOf(first, null);
    for (const [round, here, there] of [
      ['a', first, second],
      ['b', second, first],
    ] as const) {
      const userKey = `out ${round}`;
      expect(await track(here, userKey)).toMatchObject({ status: 'RECORDED' });
      expect(await feedOf(there, userKey)).toMatchObject({ userKey, personalized: true });
      await setPersonalization(here, userKey, false);
      for (const replica of [there, here]) {
        expect(await feedOf(replica, userKey)).toMatchObject({
          ...{ userKey: null, personalized: false, degraded: false, id: anonymous.id },
        });
        expect(await track(replica, userKey)).toEqual({
          ...{ status: 'IGNORED', ignoredReason: 'OPTED_OUT', interactionId: null, profileUpdated: false },
          profile: { totalInteractions: 0 },
        });
      }
      await setPersonalization(there, userKey, true);
      for (const replica of [there, here]) {
        expect(await feedOf(replica, userKey)).toMatchObject({ userKey, personalized: true });
        expect(await track(replica, userKey)).toMatchObject({
          status: 'DUPLICATE',
          profile: { totalInteractions: 1 },
        });
      }
    }
  });

  it('has no row read or written by any statement of both replicas', async () => {
    await auditWrites(first.databaseUrl);
    const personalStatements = (): string[] =>
      [first, second].flatMap(({ statements }) => statements.filter((sql) => PERSONAL.test(sql)));
    const clear = async (): Promise<void> => {
      for (const { statements } of [first, second]) statements.length = 0;
      await auditedWrites(first.databaseUrl);
    };
    await clear();
    await useAll(first, 'in');
    expect(personalStatements()).not.toEqual([]);
    await vi.waitFor(async () =>
      expect(await auditedWrites(first.databaseUrl)).toEqual(expect.arrayContaining(['profiles'])),
    );

    await track(first, 'out');
    await setPersonalization(first, 'out', false);
    const before = await occurrencesOf(first.databaseUrl, 'out');
    await clear();
    for (const replica of [first, second]) await useAll(replica, 'out');
    expect(personalStatements()).toEqual([]);
    await storedFeeds();
    // The feed of anonymous users.
    expect((await auditedWrites(first.databaseUrl)).filter((name) => name !== 'served_feeds')).toEqual([]);
    expect(await occurrencesOf(first.databaseUrl, 'out')).toEqual(before);
  }, 60_000);

  it('counts in trends without the key only with consent', async () => {
    const anonymousEvents = async (): Promise<Record<string, unknown>[]> =>
      queryDatabase(
        first.databaseUrl,
        `select user_key, market_id, weight, session_id, client_event_id, context, stake from interactions
         where user_key like E'\\x01%'`,
      );
    for (const consents of [false, true]) {
      const userKey = `consents ${consents}`;
      await setPersonalization(second, userKey, false, consents);
      const { data } = await first.query(
        `mutation ($input: TrackInteractionInput!) { trackInteraction(input: $input) { status } }`,
        {
          input: {
            ...{ userKey, marketId: 'm3', eventType: 'PARTICIPATE', sessionId: 'visit', stake: 5 },
            ...{ clientEventId: 'key', context: { page: 'home' } },
          },
        },
      );
      expect(data).toEqual({ trackInteraction: { status: 'IGNORED' } });
      expect(await anonymousEvents()).toHaveLength(consents ? 1 : 0);
    }
    const [event] = await anonymousEvents();
    expect(event).toMatchObject({
      ...{ market_id: 'm3', weight: 6, session_id: null, client_event_id: null, context: null, stake: null },
    });
    expect(event?.['user_key']).toHaveLength(37);
    expect(
      await queryDatabase(first.databaseUrl, `select from profiles where user_key like '%consents%'`),
    ).toEqual([]);
  });
});
