import type { ApolloClient } from '@apollo/client';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import type { Client } from '@urql/core';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi, type MockInstance } from 'vitest';
import {
  FeedDocument,
  ServedFeedDocument,
  TrackInteractionDocument,
  type FeedQuery,
} from '../../../src/generated/client/graphql.js';
import { importDocsModule } from '../../support/docs-code.js';
import { startTestGateway, type TestGateway } from '../../support/test-gateway.js';

const GUIDE = 'docs/frontend.md';

let gateway: TestGateway;
let url: string;
let sent: MockInstance<typeof fetch>;

beforeAll(async () => {
  gateway = await startTestGateway();
  url = `${gateway.url}/graphql`;
  await gateway.addMarkets(
    ...Array.from({ length: 12 }, (_, index) => ({ id: `m${index}`, probability: 0.4 })),
  );
  sent = vi.spyOn(globalThis, 'fetch');
});
afterEach(() => void sent.mockClear());
afterAll(async () => {
  sent.mockRestore();
  await gateway.close();
});

const click = (userKey: string) => ({
  input: { userKey, marketId: 'm1', eventType: 'CLICK' as const, clientEventId: 'click-1' },
});

describe.each([
  ['4', '@apollo/client'],
  ['3', 'apollo-client-3/core/index.js'],
])('Apollo Client %s, configured as in the guide', (_version, specifier) => {
  let client: ApolloClient;

  beforeAll(async () => {
    const module = (await importDocsModule(GUIDE, 'apollo-client.ts', { '@apollo/client': specifier })) as {
      createApolloClient: (uri: string) => ApolloClient;
    };
    client = module.createApolloClient(url);
  });
  afterAll(() => client.stop());

  it('runs the packaged documents, and requests the next page of a feed', async () => {
    const { data } = await client.query({ query: FeedDocument, variables: { userKey: 'bea', limit: 5 } });
    const { id: feedId, degraded, hero, grid } = (data as FeedQuery).feed;
    const page = await client.query({ query: ServedFeedDocument, variables: { id: feedId, first: 8 } });
    const tracked = await client.mutate({ mutation: TrackInteractionDocument, variables: click('bea') });

    expect(degraded).toBe(false);
    expect([hero, ...grid].map((item) => typeof item?.reason)).not.toContain('undefined');
    expect(page.data?.servedFeed?.items.nodes.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(tracked.data?.trackInteraction.status).toMatch(/^(RECORDED|DUPLICATE)$/);
  });
});

describe('urql, configured as in the guide', () => {
  it('runs the packaged documents', async () => {
    const module = (await importDocsModule(GUIDE, 'urql-client.ts')) as {
      createUrqlClient: (url: string) => Client;
    };
    const client = module.createUrqlClient(url);
    const feed = await client.query(FeedDocument, { userKey: 'cid', limit: 5 }).toPromise();
    const tracked = await client.mutation(TrackInteractionDocument, click('cid')).toPromise();

    expect(feed.error).toBeUndefined();
    expect(feed.data?.feed.grid).toHaveLength(4);
    expect(tracked.data?.trackInteraction.status).toBe('RECORDED');
  });
});

describe('fetch, used as in the guide', () => {
  let request: <Data, Variables>(
    url: string,
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ) => Promise<Data>;

  beforeAll(async () => {
    ({ request } = (await importDocsModule(GUIDE, 'request.ts')) as { request: typeof request });
  });

  it('returns typed data', async () => {
    const { feed } = await request(url, FeedDocument, { userKey: 'dan', limit: 5 });

    expect(feed.grid).toHaveLength(4);
  });

  it('throws with the code of the error', async () => {
    await expect(request(url, FeedDocument, { limit: 101 })).rejects.toThrow(/^BAD_USER_INPUT: /);
  });
});

describe('a GET request', () => {
  const get = (headers: Record<string, string>) =>
    fetch(`${url}?query=${encodeURIComponent('{ feed { id } }')}`, { headers });

  it.each(['application/json', 'application/graphql-response+json'])(
    'is rejected with only headers that a page of any site can set (Accept: %s)',
    async (accept) => {
      const response = await get({ accept });

      expect(response.status).toBe(400);
      expect(await response.text()).toContain('Cross-Site Request Forgery');
    },
  );

  it.each(['apollo-require-preflight', 'x-apollo-operation-name'])('is accepted with %s', async (header) => {
    const response = await get({ [header]: 'Feed' });

    expect(response.status).toBe(200);
  });
});
