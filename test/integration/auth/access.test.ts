import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ruleOf } from '../../../src/auth/policy.js';
import { ROLES, type Role } from '../../../src/auth/viewer.js';
import { createSchema } from '../../../src/graphql/schema.js';
import { createCallers, type Callers } from '../../support/callers.js';
import { openLiveSocket } from '../../support/live-socket.js';
import { rowCounts } from '../../support/row-counts.js';
import { fieldOperations } from '../../support/schema-operations.js';
import { startTestGateway, TEST_NOW_MS, type TestGateway } from '../../support/test-gateway.js';
import { postGraphQL } from '../../support/test-http-server.js';
import { startTokenIssuer, type TokenIssuer } from '../../support/token-issuer.js';

let issuer: TokenIssuer;
let gateway: TestGateway;
let callers: Callers;

beforeAll(async () => {
  issuer = await startTokenIssuer(() => TEST_NOW_MS);
  gateway = await startTestGateway({
    BELLWETHER_JWT_JWKS_URL: issuer.jwksUrl,
    BELLWETHER_JWT_ISSUER: issuer.issuer,
    BELLWETHER_JWT_AUDIENCE: issuer.audience,
  });
  await gateway.addMarkets(
    { id: 'm1', source: 'polymarket', editorialBoost: 0.5, blockedCountries: ['FR'], category: 'Sports' },
    { id: 'm2' },
  );
  callers = await createCallers(gateway, issuer);
  const { tracking } = gateway.backend.services;
  await tracking.track({ userKey: 'ann', marketId: 'm1', eventType: 'PARTICIPATE' });
});
afterAll(async () => {
  await gateway.close();
  await issuer.close();
});

const accept = 'application/graphql-response+json';
const ask = (role: Role, query: string, variables?: Record<string, unknown>) =>
  postGraphQL(gateway.url, { query, variables }, { accept, ...callers[role] });

const rootFields = fieldOperations(createSchema()).filter(({ uses }) => uses.length === 1);
/** An erasure would block the user of the later tests. */
const isLasting = (coordinate: string): boolean => coordinate === 'Mutation.eraseUser';
const overHttp = rootFields.filter(
  ({ coordinate }) => !coordinate.startsWith('Subscription.') && !isLasting(coordinate),
);

describe.each(ROLES)('the role %s', (role) => {
  const code = role === 'ANONYMOUS' ? 'UNAUTHENTICATED' : 'FORBIDDEN';
  const status = role === 'ANONYMOUS' ? 401 : 403;

  it.each(overHttp)('may send $coordinate or not, by the policy', async ({ coordinate, source }) => {
    const response = await ask(role, source);
    const denials = (response.body.errors ?? []).filter(
      ({ path, extensions }) => path === undefined || extensions?.['code'] === code,
    );
    if (ruleOf(coordinate).roles.includes(role)) {
      expect([response.status, denials]).toEqual([200, []]);
    } else {
      expect([response.status, denials]).toMatchObject([status, [{ extensions: { code } }]]);
      expect(response.body.data).toBeUndefined();
    }
  });

  // The first request is executed by graphql-js, and the later ones compiled.
  it('sees scores and reasons or null in one document, by the policy', async () => {
    const isAllowed = ruleOf('FeedItem.score').roles.includes(role);
    for (let attempt = 0; attempt < 3; attempt++) {
      const { body } = await ask(
        role,
        '{ feed(limit: 2) { hero { rank score scores { final } reason reasonParts propensity } stream { score } grid { score } } }',
      );
      expect(body.errors).toBeUndefined();
      const { hero, grid } = body.data?.['feed'] as {
        hero: { rank: number; score: unknown; scores: unknown; reason: unknown; reasonParts: unknown[] };
        grid: { score: unknown }[];
      };
      expect(hero.rank).toBe(1);
      const seen = [hero.score, hero.scores, hero.reason, grid[0]?.score].map((value) => value !== null);
      expect([...seen, hero.reasonParts.length > 0]).toEqual(Array(5).fill(isAllowed));
    }
  });

  it('may read the editorial fields of a market or not, by the policy', async () => {
    const { body } = await ask(role, '{ market(id: "m1") { source editorialBoost blockedCountries } }');
    if (ruleOf('Market.source').roles.includes(role)) {
      const market = { source: 'polymarket', editorialBoost: 0.5, blockedCountries: ['FR'] };
      expect(body).toEqual({ data: { market } });
    } else {
      expect(body).toMatchObject({ errors: [{ extensions: { code } }] });
    }
  });
});

describe('an erasure', () => {
  const erase = 'mutation { eraseUser(input: { userKey: "eve" }) { erasedUserKey } }';

  it.each(ROLES)(
    'of another user than that of a client is for the role %s or not, by the policy',
    async (role) => {
      const isAllowed = role !== 'CLIENT' && ruleOf('Mutation.eraseUser').roles.includes(role);
      const { body } = await ask(role, erase);
      if (isAllowed) expect(body).toEqual({ data: { eraseUser: { erasedUserKey: 'eve' } } });
      else
        expect(body.errors).toMatchObject([
          { extensions: { code: role === 'ANONYMOUS' ? 'UNAUTHENTICATED' : 'FORBIDDEN' } },
        ]);
    },
  );
});

describe('an export', () => {
  const requestExport = (role: Role, body: object): Promise<Response> =>
    fetch(`${gateway.url}/export`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...callers[role] },
      body: JSON.stringify(body),
    });

  it.each(ROLES)('is for the role %s or not, by the policy', async (role) => {
    const isAllowed = ruleOf('POST /export').roles.includes(role);
    const expected = isAllowed ? 200 : role === 'ANONYMOUS' ? 401 : 403;
    const response = await requestExport(role, { userKey: 'ann' });
    expect([response.status, (await response.text()).includes('PARTICIPATE')]).toEqual([expected, isAllowed]);
  });

  it('of a client is that of its own user', async () => {
    expect(await (await requestExport('CLIENT', {})).json()).toMatchObject({ userKey: 'ann' });
    expect((await requestExport('CLIENT', { userKey: 'bob' })).status).toBe(403);
  });
});

describe('data of another user', () => {
  const queries = [
    '{ feed(userKey: "USER") { id } }',
    '{ userProfile(userKey: "USER") { id } }',
    '{ rankMarkets(userKey: "USER", marketIds: ["m1"]) { country } }',
    'mutation { trackInteraction(input: { userKey: "USER", marketId: "m1", eventType: CLICK }) { status } }',
    'mutation { trackImpressions(input: { userKey: "USER", items: [{ marketId: "m1" }] }) { recordedCount } }',
    '{ personalizationSettings(userKey: "USER") { updatedAt } }',
    'mutation { updatePersonalizationSettings(input: { userKey: "USER", dataSharingConsent: true }) { user { id } } }',
  ];

  it.each(queries)('is FORBIDDEN to a client, known or not: %s', async (query) => {
    const before = await rowCounts(gateway.databaseUrl);
    const answers = await Promise.all(
      ['bob', 'unknown'].map(async (user) => {
        const { status, body } = await ask('CLIENT', query.replace('USER', user));
        return { status, errors: body.errors };
      }),
    );
    expect(answers[0]).toMatchObject({ status: 200, errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    expect(answers[1]).toEqual(answers[0]);
    expect(await rowCounts(gateway.databaseUrl)).toEqual(before);
    expect((await ask('CLIENT', query.replace('USER', 'ann'))).body.errors).toBeUndefined();
    expect((await ask('SERVICE', query.replace('USER', 'bob'))).body.errors).toBeUndefined();
  });

  it('is not readable without credentials, nor by a MONITOR', async () => {
    const query = '{ feed(userKey: "ann") { id } }';
    expect((await ask('ANONYMOUS', query)).body.errors).toMatchObject([
      { path: ['feed'], extensions: { code: 'UNAUTHENTICATED', field: 'userKey' } },
    ]);
    expect((await ask('MONITOR', query)).body.errors).toMatchObject([
      { path: ['feed'], extensions: { code: 'FORBIDDEN', field: 'userKey' } },
    ]);
  });

  it('is not readable by the id of a feed', async () => {
    const { body } = await ask('SERVICE', '{ feed(userKey: "bob") { id } }');
    const query = `{ servedFeed(id: "${(body.data?.['feed'] as { id: string }).id}") { userKey } }`;
    // As for an unknown id, so that the response does not reveal whether the feed exists.
    for (const role of ['CLIENT', 'MONITOR', 'ANONYMOUS'] as const) {
      expect((await ask(role, query)).body).toEqual({ data: { servedFeed: null } });
    }
    expect((await ask('SERVICE', query)).body).toEqual({ data: { servedFeed: { userKey: 'bob' } } });
  });
});

describe('POST /track', () => {
  const send = async (headers: Readonly<Record<string, string>>, body: unknown) => {
    const response = await fetch(`${gateway.url}/track`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const eventOf = (userKey: string) => ({ userKey, marketId: 'm1', eventType: 'CLICK' });
  const impressionsOf = (userKey: string) => ({ impressions: { userKey, items: [{ marketId: 'm1' }] } });

  it('accepts events of a client for its own user, and of a service for any', async () => {
    for (const [role, userKey] of [
      ['CLIENT', 'ann'],
      ['SERVICE', 'bob'],
    ] as const) {
      const { status, body } = await send(callers[role], { interactions: [eventOf(userKey)] });
      expect([status, body]).toMatchObject([200, { interactions: { results: [{ status: 'RECORDED' }] } }]);
    }
  });

  it('is FORBIDDEN to a client for another user, and records nothing', async () => {
    const before = await rowCounts(gateway.databaseUrl);
    expect(await send(callers.CLIENT, impressionsOf('bob'))).toMatchObject({
      status: 403,
      body: { errors: [{ extensions: { code: 'FORBIDDEN' } }] },
    });
    expect(await send(callers.CLIENT, { interactions: [eventOf('bob')] })).toMatchObject({
      body: { interactions: { results: [{ status: 'REJECTED', problem: { code: 'FORBIDDEN' } }] } },
    });
    const events = { ...before, rejected_events: expect.any(Number) as number };
    expect(await rowCounts(gateway.databaseUrl)).toEqual(events);
  });

  it.each([
    ['ANONYMOUS', 401, 'UNAUTHENTICATED'],
    ['MONITOR', 403, 'FORBIDDEN'],
  ] as const)('rejects %s with %i', async (role, status, code) => {
    expect(await send(callers[role], { interactions: [eventOf('ann')] })).toMatchObject({
      ...{ status, body: { errors: [{ extensions: { code } }] } },
    });
  });
});

describe('invalid credentials', () => {
  const invalid: Record<string, string>[] = [
    { authorization: 'Bearer x.y.z' },
    { authorization: 'Bearer' },
    { authorization: 'x' },
    { 'x-api-key': '' },
    { 'x-api-key': 'bwk_0' },
    { 'x-api-key': `bwk_${'0'.repeat(56)}` },
  ];

  it.each(invalid)('are rejected with 401 before the body is read: %j', async (headers) => {
    for (const path of ['/graphql', '/track']) {
      const response = await fetch(`${gateway.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: 'no JSON',
      });
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      expect(await response.json()).toEqual({
        errors: [
          {
            message:
              'The credentials are invalid or have expired. Send a valid token as "Authorization: Bearer …", or a valid API key as "X-API-Key".',
            extensions: { code: 'UNAUTHENTICATED' },
          },
        ],
      });
    }
  });

  it.each(['/livez', '/readyz', '/sample/sports.svg'])('do not matter at %s', async (path) => {
    const response = await fetch(`${gateway.url}${path}`, { headers: { authorization: 'Bearer x' } });
    expect(response.status).not.toBe(401);
    expect(response.status).not.toBe(403);
  });
});

it('any Host header is accepted', async () => {
  const { port } = new URL(gateway.url);
  const headers = { host: 'gateway.site.example', 'apollo-require-preflight': 'yes', ...callers.CLIENT };
  const status = await new Promise((resolve, reject) => {
    request({ port, path: '/graphql?query={viewer{userKey}}', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
  expect(status).toBe(200);
});

describe('a WebSocket connection', () => {
  const connect = async (payload: unknown, headers: Record<string, string> = {}) => {
    const live = await openLiveSocket(gateway.url, { headers });
    live.send({ type: 'connection_init', payload });
    return live;
  };
  const feedChanged = 'subscription ($userKey: String) { feedChanged(userKey: $userKey) { userKey } }';

  it.each<[where: string, payload: () => object | undefined, headers: () => Record<string, string>]>([
    ['a token in connection_init', () => callers.CLIENT, () => ({})],
    ['headers in any case', () => ({ Authorization: callers.CLIENT['authorization'] }), () => ({})],
    ['a token in the upgrade request', () => undefined, () => callers.CLIENT],
    [
      'a token in connection_init rather than the upgrade request',
      () => callers.CLIENT,
      () => ({ authorization: 'Bearer x' }),
    ],
    ['an API key in connection_init', () => callers.SERVICE, () => ({})],
  ])('subscribes to a user with %s', async (_where, payload, headers) => {
    const live = await connect(payload(), headers());
    await live.received(1);
    live.subscribe('1', feedChanged, { userKey: 'ann' });
    await live.roundTrip();
    await gateway.backend.services.tracking.track({
      ...{ userKey: 'ann', marketId: 'm2', eventType: 'CLICK' },
    });
    expect(await live.received(2)).toMatchObject([
      { type: 'connection_ack' },
      { type: 'next', payload: { data: { feedChanged: { userKey: 'ann' } } } },
    ]);
    live.socket.terminate();
  });

  it.each<[what: string, payload: () => object]>([
    ['an invalid token', () => ({ authorization: 'Bearer x' })],
    ['an invalid API key', () => ({ 'x-api-key': 'bwk_1' })],
    ['a number as token', () => ({ authorization: 7 })],
    ['a token and an API key', () => ({ ...callers.CLIENT, ...callers.SERVICE })],
  ])('is closed with 4401 for %s', async (_what, payload) => {
    const live = await connect(payload());
    expect((await live.closed)[0]).toBe(4401);
  });

  it.each<[role: Role, variables: object, code: string]>([
    ['CLIENT', { userKey: 'bob' }, 'FORBIDDEN'],
    ['MONITOR', { userKey: 'ann' }, 'FORBIDDEN'],
    ['ANONYMOUS', { userKey: 'ann' }, 'UNAUTHENTICATED'],
    ['ANONYMOUS', {}, 'UNAUTHENTICATED'],
  ])('of the role %s may not subscribe to the feed of %j: %s', async (role, variables, code) => {
    const live = await connect(callers[role]);
    await live.received(1);
    live.subscribe('1', feedChanged, variables as Record<string, unknown>);
    const [, answer] = await live.received(2);
    // A denied operation is an error message; a denied user is an error of its field.
    const errors =
      answer?.type === 'error' ? answer.payload : (answer?.payload as { errors: unknown }).errors;
    expect(errors).toMatchObject([{ extensions: { code } }]);
    live.socket.terminate();
  });

  it('without credentials may subscribe to markets, but not to their editorial fields', async () => {
    const live = await connect(undefined);
    await live.received(1);
    live.subscribe('1', 'subscription { marketsMoved(marketIds: ["m1"]) { moves { market { source } } } }');
    expect((await live.received(2))[1]).toMatchObject({
      payload: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    live.subscribe('2', 'subscription { marketsMoved(marketIds: ["m1"]) { moves { market { id } } } }');
    await live.roundTrip();
    await gateway.addMarkets({ id: 'm1', probability: 0.7 });
    await gateway.backend.services.catalog.refresh();
    expect((await live.received(3))[2]).toMatchObject({ id: '2', type: 'next' });
    live.socket.terminate();
  });
});
