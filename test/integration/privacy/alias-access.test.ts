import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bearer,
  createServiceKey,
  startProtectedGateway,
  type HttpAnswer,
  type ProtectedGateway,
} from '../../support/protected-gateway.js';

/** The account, and the key that was merged into it. */
const ACCOUNT = 'account';
const OLD = 'visitor';

let gateway: ProtectedGateway;
let service: Record<string, string>;
let holder: Record<string, string>;
let owner: Record<string, string>;

beforeAll(async () => {
  gateway = await startProtectedGateway();
  await gateway.addMarkets({ id: 'm1', category: 'Sports' }, { id: 'm2' }, { id: 'm3' });
  service = (await createServiceKey(gateway)).headers;
  [holder, owner] = await Promise.all([bearer(OLD), bearer(ACCOUNT)]);
  await track(holder, OLD);
  await track(owner, ACCOUNT, 'm2');
  const { data } = await ask(
    service,
    'mutation ($from: String!, $into: String!) { mergeUsers(input: { fromUserKey: $from, intoUserKey: $into }) { user { userKey } } }',
    {
      ...{ from: OLD, into: ACCOUNT },
    },
  );
  expect(data).toEqual({ mergeUsers: { user: { userKey: ACCOUNT } } });
});
afterAll(() => gateway.close());

const ask = (
  headers: Record<string, string>,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<HttpAnswer> => gateway.post({ query, variables }, headers);

const TRACK = `mutation ($input: TrackInteractionInput!) {
  trackInteraction(input: $input) { status profile { userKey totalInteractions } } }`;

const track = (headers: Record<string, string>, userKey: string, marketId = 'm1'): Promise<HttpAnswer> =>
  ask(headers, TRACK, { input: { userKey, marketId, eventType: 'CLICK' } });

const totalOf = async (userKey: string): Promise<unknown> => {
  const { data } = await ask(
    service,
    'query ($userKey: String) { userProfile(userKey: $userKey) { totalInteractions } }',
    {
      userKey,
    },
  );
  return (data?.['userProfile'] as { totalInteractions: number }).totalInteractions;
};

const PROFILE = 'userKey totalInteractions topCategories { topic } lastActive country';
const EMPTY = { userKey: OLD, totalInteractions: 0, topCategories: [], lastActive: null, country: null };
const SETTINGS = 'personalizationEnabled dataSharingConsent updatedAt';
const DEFAULTS = { personalizationEnabled: true, dataSharingConsent: false, updatedAt: null };

describe('a client with the key of a merged user', () => {
  it.each(['', `(userKey: "${OLD}")`])(
    'reads nothing of the other user with the arguments %j',
    async (args) => {
      const { data, errors } = await ask(
        holder,
        `{ userProfile${args} { ${PROFILE} } personalizationSettings${args} { ${SETTINGS} }
         feed${args} { userKey personalized } viewer { profile { ${PROFILE} } feed { userKey }
         personalizationSettings { ${SETTINGS} } } }`,
      );
      expect(errors).toBeUndefined();
      expect(data).toEqual({
        ...{
          userProfile: EMPTY,
          personalizationSettings: DEFAULTS,
          feed: { userKey: null, personalized: false },
        },
        viewer: { profile: EMPTY, feed: { userKey: null }, personalizationSettings: DEFAULTS },
      });
      const ranked = await ask(holder, '{ rankMarkets(marketIds: ["m1"]) { personalized } }');
      expect(ranked.data).toEqual({ rankMarkets: { personalized: false } });
    },
  );

  it('reads no feed that was served to the other user', async () => {
    const served = await ask(owner, '{ feed { id userKey } }');
    const { id, userKey } = served.data?.['feed'] as { id: string; userKey: string };
    expect(userKey).toBe(ACCOUNT);
    const query = 'query ($id: ID!) { servedFeed(id: $id) { id } }';
    expect((await ask(holder, query, { id })).data).toEqual({ servedFeed: null });
    expect((await ask(owner, query, { id })).data).toEqual({ servedFeed: { id } });
  });

  it('exports nothing', async () => {
    const answer = await gateway.post({}, holder, '/export');
    expect(answer).toMatchObject({ status: 200, userKey: OLD, profile: null, rows: [] });
    expect(await gateway.post({}, owner, '/export')).toMatchObject({ userKey: ACCOUNT });
  });

  it('can neither erase the other user nor change its settings', async () => {
    for (const mutation of [
      'eraseUser(input: {}) { erasedUserKey }',
      'updatePersonalizationSettings(input: { personalizationEnabled: false }) { user { userKey } }',
    ]) {
      const { errors } = await ask(holder, `mutation { ${mutation} }`);
      expect(errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
    }
    expect(await track(owner, ACCOUNT)).toMatchObject({ data: { trackInteraction: { status: 'RECORDED' } } });
  });

  it('records events of the other user without reading its profile', async () => {
    const before = await totalOf(ACCOUNT);
    expect(await track(holder, OLD)).toMatchObject({
      data: { trackInteraction: { status: 'RECORDED', profile: { userKey: OLD, totalInteractions: 0 } } },
    });
    expect(await totalOf(ACCOUNT)).toBe(Number(before) + 1);
  });

  it('is not notified of events of the other user', async () => {
    const [theirs, own] = [await gateway.connect(holder), await gateway.connect(owner)];
    const subscription = 'subscription { feedChanged { userKey reason } }';
    for (const live of [theirs, own]) {
      live.subscribe('1', subscription);
      await live.roundTrip();
    }
    await track(owner, ACCOUNT);
    await expect.poll(() => own.messages.filter(({ type }) => type === 'next')).toHaveLength(1);
    await theirs.roundTrip();
    expect(theirs.messages.filter(({ type }) => type !== 'pong')).toEqual([]);
    theirs.socket.close();
    own.socket.close();
  });
});

describe('a service with the key of a merged user', () => {
  it('acts for the other user', async () => {
    const { data } = await ask(
      service,
      'query ($userKey: String!) { userProfile(userKey: $userKey) { userKey } feed(userKey: $userKey) { userKey } user(userKey: $userKey) { profile { userKey } } }',
      { userKey: OLD },
    );
    expect(data).toEqual({
      ...{ userProfile: { userKey: ACCOUNT }, feed: { userKey: ACCOUNT } },
      user: { profile: { userKey: ACCOUNT } },
    });
    expect(await track(service, OLD)).toMatchObject({
      data: { trackInteraction: { profile: { userKey: ACCOUNT } } },
    });
    expect(await gateway.post({ userKey: OLD }, service, '/export')).toMatchObject({ userKey: ACCOUNT });
  });

  it('erases the other user', async () => {
    const { data } = await ask(
      service,
      'mutation ($userKey: String) { eraseUser(input: { userKey: $userKey }) { erasedUserKey } }',
      { userKey: OLD },
    );
    expect(data).toEqual({ eraseUser: { erasedUserKey: OLD } });
    expect(await track(owner, ACCOUNT)).toMatchObject({ data: { trackInteraction: { status: 'IGNORED' } } });
  });
});
