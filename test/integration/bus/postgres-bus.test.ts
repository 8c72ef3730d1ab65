import { Client } from 'pg';
import { describe, expect, it } from 'vitest';
import { createPostgresBus } from '../../../src/bus/postgres-bus.js';
import { describeInvalidationBus } from '../../contract/invalidation-bus.js';
import { becomesReliable, eventually, joinBus } from '../../support/bus-replica.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';
import { createTestDatabase } from '../../support/test-database.js';

describe('the bus over PostgreSQL', () => {
  // All tests share the server, so a proxy in front of it simulates its failures.
  describeInvalidationBus(async () => {
    const database = await createTestDatabase('empty');
    const direct = new URL(database.url);
    const proxy = await startTcpProxy({ host: direct.hostname, port: Number(direct.port) });
    return {
      url: Object.assign(new URL(direct), { port: String(proxy.port) }).href,
      password: direct.password,
      createBus: createPostgresBus,
      stop: () => proxy.cut(),
      start: () => proxy.restore(),
      freeze: () => proxy.freeze(),
      thaw: () => void proxy.restore(),
      close: async () => {
        await proxy.close();
        await database.drop();
      },
    };
  });

  it('reconnects when an administrator terminates its connection', async () => {
    const database = await createTestDatabase('empty');
    const replica = joinBus(createPostgresBus, database.url);
    await becomesReliable(replica);
    const administrator = new Client({ connectionString: database.url });
    await administrator.connect();
    await administrator.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where application_name = 'bellwether bus' and datname = current_database()`,
    );
    await eventually(() =>
      expect(replica.changes).toEqual(['gap', 'reliable', 'unreliable', 'gap', 'reliable']),
    );
    await administrator.end();
    await replica.bus.close();
    await database.drop();
  });
});
