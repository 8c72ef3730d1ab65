import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requireFull, type FullProfile } from '../../../src/domain/profile.js';
import { occurrencesOf, setPersonalization } from '../../support/privacy.js';
import { queryDatabase, type TestDatabase } from '../../support/test-database.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

let first: TestGateway;
let second: TestGateway;

beforeAll(async () => {
  first = await startTestGateway();
  const shared: TestDatabase = { url: first.databaseUrl, drop: () => Promise.resolve() };
  second = await startTestGateway({}, shared);
  await first.addMarkets({ id: 'm1', category: 'Sports' }, { id: 'm2', category: 'Politics' }, { id: 'm3' });
  await second.backend.services.catalog.refresh();
});

afterAll(async () => {
  await second.close();
  await first.close();
});

const TRACK = `mutation ($input: TrackInteractionInput!) { trackInteraction(input: $input) { status } }`;
const MERGE = `mutation ($from: String!, $into: String!) {
  mergeUsers(input: { fromUserKey: $from, intoUserKey: $into }) { user { userKey profile { totalInteractions } } } }`;

async function track(
  replica: TestGateway,
  userKey: string,
  details: Record<string, unknown> = {},
): Promise<string> {
  const { data, errors } = await replica.query(TRACK, {
    input: { userKey, marketId: 'm1', eventType: 'CLICK', ...details },
  });
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return (data?.['trackInteraction'] as { status: string }).status;
}

const stored = async (userKey: string): Promise<FullProfile> => {
  const [profile] = await first.backend.store.profiles.load([userKey]);
  if (profile === undefined) throw new Error('A profile was expected.');
  return requireFull(profile);
};

const withoutVersion = (profile: FullProfile) => ({ ...profile, version: 0 });

describe('a merge', () => {
  it('refolds the profile from both histories, and the old key stands for the other user on both replicas', async () => {
    await track(first, 'anon 1', { eventType: 'PARTICIPATE', stake: 5 });
    await track(first, 'ada 1', { marketId: 'm2' });
    await track(second, 'anon 1', { marketId: 'm3', eventType: 'HIDE' });
    await first.query('query ($userKey: String) { feed(userKey: $userKey) { id } }', { userKey: 'anon 1' });
    const { data } = await first.query(MERGE, { from: 'anon 1', into: 'ada 1' });
    expect(data).toEqual({ mergeUsers: { user: { userKey: 'ada 1', profile: { totalInteractions: 3 } } } });
    const { state } = await first.backend.store.profiles.fold('ada 1');
    expect(withoutVersion(await stored('ada 1'))).toEqual(withoutVersion(state));
    for (const replica of [second, first]) {
      const profile = await replica.query(
        'query ($userKey: String) { userProfile(userKey: $userKey) { userKey totalInteractions } feed(userKey: $userKey) { userKey } }',
        { userKey: 'anon 1' },
      );
      expect(profile.data).toMatchObject({ userProfile: { userKey: 'ada 1' }, feed: { userKey: 'ada 1' } });
      expect(await track(replica, 'anon 1')).toBe('RECORDED');
    }
    expect((await stored('ada 1')).totalInteractions).toBe(5);
    expect(await occurrencesOf(first.databaseUrl, 'anon 1')).toEqual([]);
  });

  it('changes nothing when it is repeated', async () => {
    await track(first, 'anon 2');
    await first.query(MERGE, { from: 'anon 2', into: 'ada 2' });
    const before = await stored('ada 2');
    const again = await second.query(MERGE, { from: 'anon 2', into: 'ada 2' });
    expect(again.errors).toBeUndefined();
    expect(withoutVersion(await stored('ada 2'))).toEqual(withoutVersion(before));
  });

  it('counts each concurrent event once, with retries under the old key', async () => {
    for (let round = 0; round < 10; round++) {
      const [from, into] = [`anon c${round}`, `ada c${round}`];
      const statuses: string[] = [];
      const send = async (index: number): Promise<void> => {
        const replica = index % 2 === 0 ? first : second;
        const userKey = index % 3 === 0 ? into : from;
        const clientEventId = `event ${index}`;
        statuses.push(await track(replica, userKey, { clientEventId }));
        // A client that lost the response sends the event again.
        expect(await track(index % 4 < 2 ? first : second, userKey, { clientEventId })).toBe('DUPLICATE');
      };
      await Promise.all(Array.from({ length: 10 }, (_, index) => send(index)));
      const [merged] = await Promise.all([
        first.query(MERGE, { from, into }),
        ...Array.from({ length: 30 }, (_, index) => send(10 + index)),
      ]);
      expect(merged.errors).toBeUndefined();
      expect(statuses.filter((status) => status === 'RECORDED')).toHaveLength(40);
      const { state } = await first.backend.store.profiles.fold(into);
      expect(state.totalInteractions).toBe(40);
      expect(withoutVersion(await stored(into))).toEqual(withoutVersion(state));
      expect(await occurrencesOf(first.databaseUrl, from)).toEqual([]);
    }
  }, 60_000);

  it('keeps events of both users with the same clientEventId', async () => {
    await track(first, 'anon 3', { clientEventId: 'same' });
    await track(first, 'ada 3', { clientEventId: 'same' });
    await first.query(MERGE, { from: 'anon 3', into: 'ada 3' });
    expect((await stored('ada 3')).totalInteractions).toBe(2);
    expect(await track(second, 'anon 3', { clientEventId: 'same' })).toBe('DUPLICATE');
  });

  it('is followed by an erasure of both keys', async () => {
    await track(first, 'anon 4');
    await first.query(MERGE, { from: 'anon 4', into: 'ada 4' });
    await first.query('mutation { eraseUser(input: { userKey: "anon 4" }) { erasedUserKey } }');
    for (const userKey of ['anon 4', 'ada 4']) {
      expect(await track(second, userKey)).toBe('IGNORED');
      expect(await occurrencesOf(first.databaseUrl, userKey)).toEqual([]);
    }
  });

  it('keeps the roll-ups whole', async () => {
    await track(first, 'anon 5', { country: 'IL' });
    await track(first, 'ada 5', { country: 'IL' });
    await first.backend.services.trends.refresh();
    await first.query(MERGE, { from: 'anon 5', into: 'ada 5' });
    await first.backend.services.trends.refresh();
    const pairs = await queryDatabase(
      first.databaseUrl,
      `select sum(events)::int as events from trend_pairs
       where user_hash = hashtextextended('ada 5', 0) and scope = '' and market <> 0
       union all select count(*)::int from trend_pairs where user_hash = hashtextextended('anon 5', 0)`,
    );
    expect(pairs).toEqual([{ events: 2 }, { events: 0 }]);
  });

  it.each([
    ['into itself', 'ada 6', 'ada 6', 'input.fromUserKey'],
    ['of a user who opted out', 'out 6', 'ada 6', 'input.fromUserKey'],
    ['into a user who opted out', 'anon 6', 'out 6', 'input.intoUserKey'],
    ['of a user who was merged into a third one', 'anon 2', 'ada 6', 'input.fromUserKey'],
    ['into a user who was erased', 'anon 6', 'ada 4', 'input.intoUserKey'],
  ])('%s is rejected', async (_, from, into, field) => {
    await setPersonalization(first, 'out 6', false);
    const { errors } = await first.query(MERGE, { from, into });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field });
  });
});
