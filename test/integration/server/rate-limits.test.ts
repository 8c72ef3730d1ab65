import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLiveSocket } from '../../support/live-socket.js';
import { bearer, startProtectedGateway, type ProtectedGateway } from '../../support/protected-gateway.js';

const CONFIG = `
rateLimits:
  anonymous: { points: 2000, seconds: 3600 }
  client: { points: 3000, seconds: 3600 }
  service: { points: 1000000, seconds: 60 }
`;

/** Costs 1,001 points: 100, 50 for the field, and 1 + 85 × 10 for its list. */
const QUERY =
  '{ trending(limit: 85) { markets { market { a: id b: id c: id d: id e: id f: id g: id h: id i: id } } } }';
const COST = 100 + 50 + 1 + 85 * 10;

describe('the rate limit of a gateway', () => {
  let gateway: ProtectedGateway;
  let users = 0;
  const newUser = () => bearer(`user-${++users}`);

  beforeAll(async () => {
    gateway = await startProtectedGateway({ config: CONFIG, env: { TRUSTED_PROXIES: '127.0.0.1' } });
    await gateway.addMarkets({ id: 'm1' });
  });
  afterAll(() => gateway.close());

  it('counts the cost of a client on its own, and states what remains', async () => {
    const [ada, ben] = [await newUser(), await newUser()];
    const first = await gateway.post({ query: QUERY }, ada);
    expect([first.status, first.errors]).toEqual([200, undefined]);
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'ratelimit-limit': '3000',
      'ratelimit-remaining': String(3_000 - COST),
      'ratelimit-reset': '3600',
      'ratelimit-policy': '3000;w=3600',
    });
    await gateway.post({ query: QUERY }, ada);
    const third = await gateway.post({ query: QUERY }, ada);
    expect(third.status).toBe(429);
    expect(third.data).toBeUndefined();
    expect(third.errors).toMatchObject([
      {
        message: 'The 3000 points of 3600 s are consumed. Retry after retryAfterMs, or send less.',
        extensions: { code: 'RATE_LIMITED' },
      },
    ]);
    const retryAfterMs = third.errors?.[0]?.extensions['retryAfterMs'] as number;
    expect(retryAfterMs).toBeGreaterThan(3_500_000);
    expect(third.headers.get('retry-after')).toBe(String(Math.ceil(retryAfterMs / 1_000)));
    expect(third.headers.get('ratelimit-remaining')).toBe('0');
    expect((await gateway.post({ query: QUERY }, ben)).status).toBe(200);
  });

  it('rejects a caller without points before anything runs, whatever it sends', async () => {
    const user = await newUser();
    while ((await gateway.post({ query: QUERY }, user)).status === 200);
    gateway.statements.length = 0;
    for (const body of [
      { query: QUERY },
      { query: '{ invalid' },
      { query: 'mutation { trackInteraction }' },
    ]) {
      const { status, errors } = await gateway.post(body, user);
      expect([status, errors?.[0]?.extensions['code']]).toEqual([429, 'RATE_LIMITED']);
    }
    const { status } = await gateway.post({ interactions: [] }, user, '/track');
    expect([status, gateway.statements]).toEqual([429, []]);
  });

  it('counts documents that are invalid by their length', async () => {
    const user = await newUser();
    const { status, headers } = await gateway.post({ query: `{ nothing${' '.repeat(1_000)} }` }, user);
    expect([status, headers.get('ratelimit-remaining')]).toEqual([400, String(3_000 - 100 - 1_011)]);
  });

  it('counts the variables of an operation', async () => {
    const query = 'query ($n: Int) { trending(limit: $n) { markets { market { id } } } }';
    const user = await newUser();
    const { headers } = await gateway.post({ query, variables: { n: 100 } }, user);
    expect(headers.get('ratelimit-remaining')).toBe(String(3_000 - 100 - 50 - 1 - 200));
  });

  it('counts the events at /track like those of the mutation', async () => {
    const user = await newUser();
    const interaction = { userKey: `user-${users}`, marketId: 'm1', eventType: 'CLICK' };
    const body = {
      interactions: [interaction, interaction],
      impressions: { userKey: interaction.userKey, items: [{ marketId: 'm1' }] },
    };
    const { status, headers } = await gateway.post(body, user, '/track');
    expect([status, headers.get('ratelimit-remaining')]).toEqual([200, String(3_000 - 100 - 2 * 50 - 20)]);

    const query =
      'mutation ($input: TrackInteractionsInput!) { trackInteractions(input: $input) { recordedCount } }';
    const variables = { input: { interactions: body.interactions } };
    const answer = await gateway.post({ query, variables }, await newUser());
    expect(answer.headers.get('ratelimit-remaining')).toBe(String(3_000 - 100 - 1 - 2 * 50 - 1));

    let last = await gateway.post(body, user, '/track');
    while (last.status === 200) last = await gateway.post(body, user, '/track');
    expect([last.status, last.errors?.[0]?.extensions['code'], last.headers.has('retry-after')]).toEqual([
      429,
      'RATE_LIMITED',
      true,
    ]);
  });

  it('counts subscriptions over WebSocket for the same user', async () => {
    const user = await newUser();
    const live = await gateway.connect(user);
    const moved = 'subscription { marketsMoved(marketIds: ["m1"]) { moves { market { id } } } }';
    live.subscribe('1', moved);
    await live.roundTrip();
    const { headers } = await gateway.post({ query: '{ __typename }' }, user);
    expect(headers.get('ratelimit-remaining')).toBe(String(3_000 - (100 + 2 + 1 * (1 + 1 * 2)) - 101));

    while ((await gateway.post({ query: QUERY }, user)).status === 200);
    live.subscribe('2', moved);
    await expect
      .poll(() => live.messages.filter(({ id }) => id === '2'))
      .toMatchObject([{ type: 'error', payload: [{ extensions: { code: 'RATE_LIMITED' } }] }]);
    expect(
      (live.messages.find(({ id }) => id === '2')?.payload as { extensions: object }[])[0]?.extensions,
    ).toHaveProperty('retryAfterMs');
    live.socket.close();
  });

  it('counts callers without credentials by the address that the trusted proxy names', async () => {
    const from = (address: string) => ({ 'x-forwarded-for': `203.0.113.1, ${address}` });
    expect((await gateway.post({ query: QUERY }, from('198.51.100.1'))).status).toBe(200);
    expect((await gateway.post({ query: QUERY }, from('198.51.100.1'))).status).toBe(429);
    expect((await gateway.post({ query: QUERY }, from('198.51.100.2'))).status).toBe(200);
    expect((await gateway.post({ query: QUERY }, from('2001:db8:0:1::1'))).status).toBe(200);
    expect((await gateway.post({ query: QUERY }, from('2001:db8:0:1:ffff::2'))).status).toBe(429);
    expect((await gateway.post({ query: QUERY }, from('2001:db8:0:2::1'))).status).toBe(200);
  });

  it('counts invalid credentials for their address, and accepts valid ones there', async () => {
    const from = { 'x-forwarded-for': '198.51.100.9' };
    const answers: [status: number, code: unknown, remaining: string | null][] = [];
    for (const guess of [
      { authorization: 'Bearer x' },
      { 'x-api-key': 'bwk_x' },
      { authorization: 'Bearer y' },
    ]) {
      const { status, errors, headers } = await gateway.post({ query: QUERY }, { ...from, ...guess });
      answers.push([status, errors?.[0]?.extensions['code'], headers.get('ratelimit-remaining')]);
    }
    expect(answers).toEqual([
      [401, 'UNAUTHENTICATED', '1000'],
      [401, 'UNAUTHENTICATED', '0'],
      [429, 'RATE_LIMITED', '0'],
    ]);
    expect((await gateway.post({}, { ...from, authorization: 'Bearer z' }, '/track')).status).toBe(429);
    expect((await gateway.post({ query: QUERY }, { ...from, ...(await newUser()) })).status).toBe(200);
    expect((await gateway.post({ query: QUERY }, { authorization: 'Bearer x' })).status).toBe(401);
  });

  it('counts invalid credentials over WebSocket for their address', async () => {
    const direct = await startProtectedGateway({ config: CONFIG });
    const codes: unknown[] = [];
    for (const token of ['a', 'b', 'c']) {
      const live = await openLiveSocket(direct.url);
      live.send({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
      codes.push((await live.closed)[0]);
    }
    expect(codes).toEqual([4401, 4401, 4429]);
    const live = await direct.connect(await newUser());
    await live.roundTrip();
    live.socket.close();
    await direct.close();
  });

  it('does not let a client choose its address without a trusted proxy', async () => {
    const direct = await startProtectedGateway({ config: CONFIG });
    const from = (address: string) => ({ 'x-forwarded-for': address });
    expect((await direct.post({ query: QUERY }, from('198.51.100.1'))).status).toBe(200);
    expect((await direct.post({ query: QUERY }, from('198.51.100.2'))).status).toBe(429);
    await direct.close();
  });
});
