import { describe } from 'vitest';
import { createRedisBus } from '../../../src/bus/redis-bus.js';
import { describeInvalidationBus } from '../../contract/invalidation-bus.js';
import { hasRedisServer, startRedisServer } from '../../support/redis-server.js';

describe.skipIf(!hasRedisServer)('the bus over Redis (needs redis-server on the PATH)', () => {
  describeInvalidationBus(async () => {
    const password = 'well-kept-secret';
    const redis = await startRedisServer(password);
    return {
      url: redis.url,
      password,
      createBus: createRedisBus,
      stop: redis.kill,
      start: redis.start,
      freeze: redis.freeze,
      thaw: redis.thaw,
      close: redis.close,
    };
  });
});
