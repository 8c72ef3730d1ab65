import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Redis } from 'ioredis';
import { LocalCounters, SharedCounters } from '../../../src/auth/rate-limits/counters.js';
import { RateLimits } from '../../../src/auth/rate-limits/rate-limits.js';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import { hasRedisServer, startRedisServer, type RedisServer } from '../../support/redis-server.js';
import { recordingLogger } from '../../support/log-lines.js';

const config = {
  ...loadRankingConfig(undefined).rateLimits,
  client: { points: 1_000, seconds: 3_600 },
  replicas: 2,
};

describe.skipIf(!hasRedisServer)('the rate limit of two replicas (needs redis-server on the PATH)', () => {
  let redis: RedisServer;
  let users = 0;
  const shared: SharedCounters[] = [];
  const client = (userKey: string) =>
    ({ viewer: { role: 'CLIENT', userKey, expiresAtMs: 1e15 }, address: '192.0.2.7' }) as const;
  const newClient = () => client(`user-${++users}`);
  const openReplica = (logger = pino({ level: 'silent' }), url = redis.url) => {
    const counters = new SharedCounters({ url, prefix: 'test:rates', clock: Date.now, logger });
    shared.push(counters);
    return new RateLimits({
      ...{ config: () => config, local: new LocalCounters(100), shared: counters, clock: Date.now },
    });
  };
  /** Waits until the replica counts in Redis, which its limit of all points shows. */
  const connected = (rates: RateLimits) =>
    expect
      .poll(async () => (await rates.consume(newClient(), 1))?.limit, { timeout: 10_000, interval: 50 })
      .toBe(1_000);

  beforeAll(async () => {
    redis = await startRedisServer();
  });
  afterEach(async () => {
    for (const counters of shared.splice(0)) counters.close();
    await redis.start();
  });
  afterAll(() => redis.close());

  it('counts the requests of both', async () => {
    const [one, other] = [openReplica(), openReplica()];
    await Promise.all([connected(one), connected(other)]);
    const ada = newClient();
    expect(await one.consume(ada, 600)).toMatchObject({ isAllowed: true, remaining: 400 });
    expect(await other.consume(ada, 400)).toMatchObject({ isAllowed: true, remaining: 0 });
    expect(await one.consume(ada, 1)).toMatchObject({ isAllowed: false });
    const { resetMs = 0 } = (await other.consume(ada, 1)) ?? {};
    expect(resetMs).toBeGreaterThan(3_500_000);
  });

  it.each([
    ['killed', () => redis.kill()],
    [
      'frozen',
      () => {
        redis.freeze();
        return Promise.resolve();
      },
    ],
  ])(
    'lets each allow its share within 200 ms a request while Redis is %s, and counts together again',
    async (_state, fail) => {
      const { logger, lines } = recordingLogger();
      const rates = openReplica(logger);
      await connected(rates);
      await fail();
      const ada = newClient();
      for (let request = 0; request < 10; request++) {
        const startMs = performance.now();
        expect(await rates.consume(ada, 50)).toMatchObject({ isAllowed: true, limit: 500 });
        expect(performance.now() - startMs).toBeLessThan(200);
      }
      expect(await rates.consume(ada, 1)).toMatchObject({ isAllowed: false, limit: 500 });
      expect(lines.map(({ msg }) => msg)).toEqual([
        'circuit breaker opened; serving without this dependency',
      ]);
      redis.thaw();
      await redis.start();
      await connected(rates);
    },
    30_000,
  );

  it('has neither user keys nor addresses in Redis, and no password in the log', async () => {
    const { logger, lines } = recordingLogger();
    const rates = openReplica(logger);
    await connected(rates);
    await rates.consume(client('a-secret-user'), 1);
    const reader = new Redis(redis.url);
    const keys = await reader.keys('*');
    reader.disconnect();
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.join()).not.toContain('secret-user');

    const wrong = openReplica(logger, redis.url.replace('test-password', 'wrong-password'));
    for (let request = 0; request < 6; request++) await wrong.consume(client('a-secret-user'), 1);
    expect(lines.length).toBeGreaterThan(0);
    expect(JSON.stringify(lines)).not.toMatch(/wrong-password|secret-user/);
  });
});
