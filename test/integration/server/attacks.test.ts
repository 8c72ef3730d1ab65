import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { getIntrospectionQuery } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rejectedUpgrade } from '../../support/live-socket.js';
import {
  bearer,
  startProtectedGateway,
  type HttpAnswer,
  type ProtectedGateway,
} from '../../support/protected-gateway.js';

const repeat = (count: number, text: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

/** Headers of a request that a page of another site can make a browser send without asking. */
const SIMPLE = { origin: 'https://evil.example' };

let gateway: ProtectedGateway;

beforeAll(async () => {
  gateway = await startProtectedGateway();
  await gateway.addMarkets({ id: 'm1' });
});
afterAll(() => gateway.close());

const codes = ({ errors = [] }: HttpAnswer) => [
  ...new Set(errors.map(({ extensions }) => extensions['code'])),
];

const get = (parameters: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${gateway.url}/graphql?${new URLSearchParams(parameters).toString()}`, { headers });

describe('checks of graphql-cop', () => {
  it('Alias Overloading: rejects 101 aliases', async () => {
    const query = `query cop { ${repeat(101, (i) => `alias${i}: __typename`)} }`;
    const answer = await gateway.post({ query, operationName: 'cop' });
    expect([answer.status, answer.data, codes(answer)]).toEqual([400, undefined, ['LIMIT_EXCEEDED']]);
  });

  it('Array-based Query Batching: rejects a batch', async () => {
    const batch = Array.from({ length: 10 }, () => ({ query: 'query cop { __typename }' }));
    const answer = await gateway.post(batch);
    expect([answer.status, answer.data, codes(answer)]).toEqual([400, undefined, ['BAD_REQUEST']]);
  });

  it.each([
    ['unknown', '@aa'],
    ['known', '@skip(if: false)'],
  ])(
    'Directive Overloading: reports at most five errors for repeated %s directives',
    async (_kind, directive) => {
      const query = `query cop { __typename ${directive.repeat(60)} }`;
      const { status, errors = [] } = await gateway.post({ query });
      expect(status).toBe(400);
      expect(errors.length).toBeLessThanOrEqual(6);
    },
  );

  it('Directive Overloading: rejects 51 valid directives', async () => {
    const query = `query cop { ${repeat(51, (i) => `a${i}: __typename @skip(if: false)`)} }`;
    const answer = await gateway.post({ query });
    expect([answer.status, codes(answer)]).toEqual([400, ['LIMIT_EXCEEDED']]);
  });

  it.each([
    ['one field', '__typename '.repeat(500)],
    ['one field with fields', 'feed { id } '.repeat(490)],
    ['inline fragments', '... { feed { id } } '.repeat(300)],
    ['fields of a field', `feed { ${'grid { id } '.repeat(300)} }`],
  ])(
    'Field Duplication: rejects selections of %s that are repeated, before they are compared',
    async (_what, selections) => {
      for (let attempt = 0; attempt < 3; attempt++) {
        const answer = await gateway.post({ query: `query cop { ${selections} }`, operationName: 'cop' });
        expect([answer.status, answer.data, codes(answer)]).toEqual([400, undefined, ['LIMIT_EXCEEDED']]);
      }
    },
  );

  it.each([
    ['Introspection', '{ __schema { types { name fields { name } } } }'],
    [
      'Introspection-based Circular Query',
      '{ __schema { types { fields { type { fields { type { fields { type { fields { type { name } } } } } } } } } } }',
    ],
    ['Introspection of one type', '{ __type(name: "Feed") { name fields { name } } }'],
    ['Introspection by an alias', '{ a: __schema { queryType { name } } }'],
    [
      'Introspection by a fragment',
      '{ ...F } fragment F on Query { ... on Query { __schema { queryType { name } } } }',
    ],
    ['Introspection next to a permitted field', '{ __typename __type(name: "Feed") { name } }'],
    ['the standard introspection query', getIntrospectionQuery()],
  ])('%s: is rejected for callers without credentials and for clients', async (_name, query) => {
    for (const headers of [{}, await bearer('ada')]) {
      for (let attempt = 0; attempt < 3; attempt++) {
        const { status, data, errors } = await gateway.post({ query }, headers);
        expect([status, data]).toEqual([400, undefined]);
        expect(errors?.length).toBeGreaterThan(0);
        expect(JSON.stringify(errors)).not.toContain('Feed');
      }
    }
  });

  it('Introspection: is for staff', async () => {
    const { data } = await gateway.post(
      { query: getIntrospectionQuery() },
      await bearer('root', { role: 'ADMIN' }),
    );
    expect(data).toHaveProperty('__schema.queryType.name', 'Query');
  });

  it.each([
    ['a field', '{ __schema { directive } }'],
    ['a field of the API', '{ feeed { id } }'],
    ['an argument', '{ feed(limmit: 1) { id } }'],
    ['a type', '{ feed { ... on Fed { id } } }'],
    ['an enum value', '{ rankMarkets(marketIds: ["m1"], algorithm: V3) { algorithm } }'],
    ['a field without selections', '{ feed }'],
  ])('Field Suggestions: suggests nothing for %s', async (_what, query) => {
    const { errors = [] } = await gateway.post({ query });
    expect(errors.length).toBeGreaterThan(0);
    expect(JSON.stringify(errors)).not.toContain('Did you mean');
  });

  it('GET Method Query Support: rejects a request that any page can make a browser send', async () => {
    const response = await get({ query: 'query cop { __typename }' }, SIMPLE);
    expect([response.status, await response.json()]).toMatchObject([
      400,
      { errors: [{ extensions: { code: 'BAD_REQUEST' } }] },
    ]);
  });

  it('Mutation is allowed over GET: rejects it, also with the header against CSRF', async () => {
    for (const [headers, status] of [
      [SIMPLE, 400],
      [{ 'apollo-require-preflight': '1' }, 405],
    ] as const) {
      const response = await get({ query: 'mutation cop { __typename }' }, headers);
      expect([response.status, (await response.json()) as object]).toMatchObject([status, { errors: [{}] }]);
    }
  });

  it.each(['/graphql', '/track'])('POST based url-encoded query: rejects forms at %s', async (route) => {
    for (const type of [
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/plain',
    ]) {
      const answer = await gateway.post('query=%7B__typename%7D', { ...SIMPLE, 'content-type': type }, route);
      expect([answer.status, answer.data, codes(answer)]).toEqual([
        route === '/track' ? 401 : 415,
        undefined,
        [route === '/track' ? 'UNAUTHENTICATED' : 'UNSUPPORTED_MEDIA_TYPE'],
      ]);
    }
  });

  it('GraphQL IDE: serves GraphiQL to staff only', async () => {
    const page = (headers: Record<string, string>) =>
      fetch(`${gateway.url}/graphiql`, { headers: { accept: 'text/html', ...headers } });
    for (const headers of [{}, await bearer('ada'), await bearer('site', { role: 'SERVICE' })]) {
      const response = await page(headers);
      expect([401, 403]).toContain(response.status);
      expect(await response.text()).not.toContain('graphiql.min');
    }
    const { status } = await page(await bearer('root', { role: 'ADMIN' }));
    expect(status).toBe(200);
    expect(await (await get({}, { accept: 'text/html' })).text()).not.toMatch(/GraphiQL|Playground/);
  });

  it('Trace Mode and Unhandled Errors: returns neither tracing nor exceptions', async () => {
    for (const query of ['query cop { __typename }', 'qwerty cop { abc }']) {
      const text = JSON.stringify(await gateway.post({ query, operationName: 'cop' }));
      expect(text).not.toMatch(/tracing|exception|stacktrace|node_modules/i);
    }
  });
});

describe('malformed requests', () => {
  it.each(['[', 'a b', 'x:99999', ''])('are rejected with 400 for the Host header "%s"', async (host) => {
    const { port } = new URL(gateway.url);
    const outgoing = request({ port, path: '/graphql?query={__typename}', headers: { host } });
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(400);
  });
});

describe('scenarios of Damn Vulnerable GraphQL Application', () => {
  it('Denial of Service, deep recursion: rejects 13 levels', async () => {
    const query = `{ ${'servedFeed(id: "a") { items { nodes { market { '.repeat(4)}id${' } } } }'.repeat(4)} }`;
    const { status, data } = await gateway.post({ query });
    expect([status, data]).toEqual([400, undefined]);
  });

  it('Denial of Service, resource intensive queries: rejects eleven feeds', async () => {
    const query = `{ ${repeat(11, (i) => `f${i}: feed { id }`)} }`;
    expect(codes(await gateway.post({ query }))).toEqual(['LIMIT_EXCEEDED']);
  });

  it('Denial of Service, field duplication in fragments: takes linear time', async () => {
    const fragments = repeat(59, (i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`);
    const startMs = performance.now();
    const { status } = await gateway.post({
      query: `{ ...F0 } ${fragments} fragment F59 on Query { __typename }`,
    });
    expect(status).toBe(200);
    expect(performance.now() - startMs).toBeLessThan(1_000);
  });

  it('Denial of Service, many fragments: rejects 61', async () => {
    const fragments = repeat(61, (i) => `fragment F${i} on Query { feed { id } }`);
    const query = `{ ${repeat(61, (i) => `...F${i}`)} } ${fragments}`;
    expect(codes(await gateway.post({ query }))).toEqual(['LIMIT_EXCEEDED']);
  });

  it('Denial of Service, circular fragments: rejects them', async () => {
    const query = '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }';
    expect(codes(await gateway.post({ query }))).toEqual(['GRAPHQL_VALIDATION_FAILED']);
  });

  it('Denial of Service, cost from variables: rejects it before anything runs', async () => {
    gateway.statements.length = 0;
    const aliases = repeat(60, (i) => `d${i}: description`);
    const query = `query ($n: Int!) { markets(first: $n) { nodes { ${aliases} } } }`;
    for (let attempt = 0; attempt < 3; attempt++) {
      const answer = await gateway.post({ query, variables: { n: 100 } });
      expect([answer.status, answer.data, codes(answer)]).toEqual([400, undefined, ['LIMIT_EXCEEDED']]);
    }
    expect(gateway.statements).toEqual([]);
  });

  it('Denial of Service, array inputs from variables: rejects lists that are too long', async () => {
    const query = 'query ($ids: [ID!]!) { marketsByIds(ids: $ids) { id } }';
    for (const count of [101, 20_000]) {
      const ids = Array.from({ length: count }, (_, index) => `m${index}`);
      expect(codes(await gateway.post({ query, variables: { ids } }))).toEqual(['LIMIT_EXCEEDED']);
    }
  });

  it('Information Disclosure, stack traces: names the error of malformed JSON only', async () => {
    for (const body of [
      '{"query":',
      '{"query":{"kind":"Document"}}',
      '{"query":1}',
      '{"variables":"x"}',
      'null',
    ]) {
      const text = JSON.stringify(await gateway.post(body));
      expect(text).toContain('errors');
      expect(text).not.toMatch(/ at .+:\d+:\d+|node_modules|\.js/);
    }
  });

  it('Code Execution, injection: treats SQL and shell text as data', async () => {
    const query = 'query ($text: String!) { markets(filter: { text: $text }) { nodes { id } } }';
    for (const text of ["'; DROP TABLE markets; --", '$(touch /tmp/x)', "' OR '1'='1"]) {
      const { status, errors } = await gateway.post({ query, variables: { text } });
      expect([status, errors]).toEqual([200, undefined]);
    }
    expect((await gateway.query('{ market(id: "m1") { id } }')).data).toEqual({ market: { id: 'm1' } });
  });

  it('Authorization Bypass, interface protection: ignores headers that claim a development client', async () => {
    const headers = { cookie: 'env=graphiql:enable', 'x-forwarded-host': 'localhost' };
    expect((await gateway.post({ query: '{ __schema { queryType { name } } }' }, headers)).status).toBe(400);
    const response = await fetch(`${gateway.url}/graphiql`, { headers });
    await response.body?.cancel();
    expect(response.status).toBe(401);
  });

  it('Authorization Bypass, query deny list: limits do not depend on the name of an operation', async () => {
    const feeds = repeat(11, (i) => `f${i}: feed { id }`);
    for (const name of ['getPastes', 'Feed', 'IntrospectionQuery']) {
      expect(codes(await gateway.post({ query: `query ${name} { ${feeds} }`, operationName: name }))).toEqual(
        ['LIMIT_EXCEEDED'],
      );
    }
  });

  it('Cross-Site WebSocket Hijacking: rejects the upgrade of a page of another site', async () => {
    expect(await rejectedUpgrade(gateway.url, { headers: SIMPLE })).toMatchObject({ status: 403 });
  });

  it('Event forgery: an event of another user is FORBIDDEN, in mutations and at /track', async () => {
    const ada = await bearer('ada');
    const event = { userKey: 'ben', marketId: 'm1', eventType: 'CLICK' };
    const query = 'mutation ($input: TrackInteractionInput!) { trackInteraction(input: $input) { status } }';
    expect(codes(await gateway.post({ query, variables: { input: event } }, ada))).toEqual(['FORBIDDEN']);
    const impressions = { userKey: 'ben', items: [{ marketId: 'm1' }] };
    const tracked = await gateway.post({ impressions }, ada, '/track');
    expect([tracked.status, codes(tracked)]).toEqual([403, ['FORBIDDEN']]);
  });
});
