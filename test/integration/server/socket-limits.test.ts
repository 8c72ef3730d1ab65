import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openLiveSocket, rejectedUpgrade, type LiveSocket } from '../../support/live-socket.js';
import {
  bearer,
  createServiceKey,
  startProtectedGateway,
  type ProtectedGateway,
} from '../../support/protected-gateway.js';

const CONFIG = 'rateLimits: { socketsPerAddress: 4, socketsPerViewer: 2 }';

describe('the connections of a gateway with authentication', () => {
  let gateway: ProtectedGateway;
  const open: LiveSocket[] = [];
  const connect = async (headers?: Record<string, string>) => {
    const live = await gateway.connect(headers);
    open.push(live);
    return live;
  };
  const openSocket = async () => {
    const live = await openLiveSocket(gateway.url);
    open.push(live);
    return live;
  };

  beforeAll(async () => {
    gateway = await startProtectedGateway({ config: CONFIG });
    await gateway.addMarkets({ id: 'm1' });
  });
  afterEach(async () => {
    for (const live of open.splice(0)) {
      live.socket.close();
      await live.closed;
    }
  });
  afterAll(() => gateway.close());

  it('are limited by address, before they are authorized', async () => {
    for (let index = 0; index < 4; index++) await openSocket();
    expect(await rejectedUpgrade(gateway.url)).toMatchObject({
      status: 429,
      body: { errors: [{ extensions: { code: 'LIMIT_EXCEEDED' } }] },
    });
    const [first] = open;
    first?.socket.close();
    await first?.closed;
    await expect
      .poll(async () =>
        openSocket().then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
  });

  it('are limited by viewer: one more is closed with 1013, and another user may connect', async () => {
    const ada = await bearer('ada');
    await connect(ada);
    await connect(ada);
    const third = await openSocket();
    third.send({ type: 'connection_init', payload: ada });
    expect(await third.closed).toEqual([1013, 'Too many connections']);
    await connect(await bearer('ben'));
    open[0]?.socket.close();
    await open[0]?.closed;
    await connect(ada);
  });

  it('end with 4403 when the token expires', async () => {
    const live = await connect(await bearer('cleo', { validSeconds: 2 }));
    live.subscribe('1', 'subscription { marketsMoved(marketIds: ["m1"]) { moves { market { id } } } }');
    await live.roundTrip();
    expect(live.socket.readyState).toBe(live.socket.OPEN);
    gateway.clock.nowMs += 2_001;
    expect(await live.closed).toEqual([4403, 'The credentials are no longer valid']);
  });

  it('end with 4403 when the API key is revoked', async () => {
    const { id, headers } = await createServiceKey(gateway);
    const live = await connect(headers);
    await live.roundTrip();
    await gateway.backend.store.apiKeys.revoke(id, new Date());
    await gateway.backend.apiKeys.refresh();
    expect(await live.closed).toEqual([4403, 'The credentials are no longer valid']);
  });

  it.each([
    ['an expired token', () => bearer('ada', { validSeconds: -10 })],
    ['an invalid token', () => Promise.resolve({ authorization: 'Bearer x' })],
  ])('end with 4401 for %s', async (_what, credentials) => {
    const live = await openSocket();
    live.send({ type: 'connection_init', payload: await credentials() });
    expect(await live.closed).toEqual([4401, 'Unauthorized']);
  });

  it('end with 1008 for more than 1,000 messages in 10 s', async () => {
    const live = await connect(await bearer('dee'));
    for (let index = 0; index < 1_001; index++) live.send({ type: 'pong' });
    expect(await live.closed).toEqual([1008, 'Too many messages']);
  });
});
