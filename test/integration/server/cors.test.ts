import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectLive, rejectedUpgrade } from '../../support/live-socket.js';
import { bearer, startProtectedGateway, type ProtectedGateway } from '../../support/protected-gateway.js';

const ORIGIN = 'https://site.example';

describe('cross-origin requests', () => {
  let gateway: ProtectedGateway;
  const preflight = (origin: string, path = '/graphql', headers = 'content-type,authorization') =>
    fetch(`${gateway.url}${path}`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': headers,
      },
    });
  const corsHeaders = (response: Pick<Response, 'headers'>) =>
    Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('access-control-')));

  beforeAll(async () => {
    gateway = await startProtectedGateway({
      env: { CORS_ORIGINS: `${ORIGIN},https://other.example:8443` },
    });
  });
  afterAll(() => gateway.close());

  it.each(['/graphql', '/track'])(
    'may be sent to %s from an origin of the list, without cookies',
    async (path) => {
      const response = await preflight(ORIGIN, path);
      expect(response.status).toBe(204);
      expect(corsHeaders(response)).toEqual({
        'access-control-allow-origin': ORIGIN,
        'access-control-allow-methods': 'GET, POST',
        'access-control-allow-headers':
          'accept, authorization, content-type, apollo-require-preflight, x-apollo-operation-name, x-request-id',
        'access-control-expose-headers':
          'ratelimit-limit, ratelimit-policy, ratelimit-remaining, ratelimit-reset, retry-after, x-request-id',
        'access-control-max-age': '7200',
      });
      expect(response.headers.get('vary')?.toLowerCase()).toContain('origin');
    },
  );

  it('give the page the response, errors included', async () => {
    const ok = await gateway.post({ query: '{ __typename }' }, { origin: ORIGIN });
    const invalid = await gateway.post({ query: '{ nothing }' }, { origin: ORIGIN });
    const denied = await gateway.post({}, { origin: ORIGIN, authorization: 'Bearer x' }, '/track');
    expect([ok.status, invalid.status, denied.status]).toEqual([200, 400, 401]);
    for (const { headers } of [ok, invalid, denied]) {
      expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
      expect(headers.has('access-control-allow-credentials')).toBe(false);
    }
  });

  it.each([
    'https://evil.example',
    'https://site.example.evil.example',
    'http://site.example',
    'https://site.example:8443',
    'https://SITE.example',
    'https://sub.site.example',
    'null',
  ])('are not permitted from %s', async (origin) => {
    const answers = [await preflight(origin), await gateway.post({ query: '{ __typename }' }, { origin })];
    for (const answer of answers) {
      expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    }
  });

  it('may open WebSockets from an origin of the list only', async () => {
    const live = await connectLive(gateway.url, { headers: { origin: ORIGIN } });
    live.socket.close();
    expect(await rejectedUpgrade(gateway.url, { headers: { origin: 'https://evil.example' } })).toMatchObject(
      {
        status: 403,
      },
    );
  });

  it.each([
    ['/graphql', { query: '{ __typename }' }],
    ['/track', { interactions: [] }],
  ])('are rejected at %s with a body of a type that needs no preflight', async (path, body) => {
    const user = await bearer('ada');
    const types = ['text/plain', 'text/plain; application/json', 'application/x-www-form-urlencoded', ''];
    for (const type of types) {
      const response = await fetch(`${gateway.url}${path}`, {
        method: 'POST',
        headers: { origin: ORIGIN, ...user },
        body: new Blob([JSON.stringify(body)], { type }),
      });
      expect([type, response.status]).toEqual([type, 415]);
    }
  });
});
