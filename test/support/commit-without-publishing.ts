import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { openDatabase } from '../../src/storage/database/client.js';
import { createStore } from '../../src/storage/store.js';
import type { EventType } from '../../src/domain/event.js';
import { commitEvents } from '../../src/tracking/commit-events.js';
import { decay } from './profile-events.js';
import { TEST_NOW_MS } from './test-gateway.js';

/** Commits an event, as a replica that is killed before it notifies the others. */
export async function commitWithoutPublishing(
  databaseUrl: string,
  event: { userKey: string; marketId: string; eventType: EventType; clientEventId: string | null },
): Promise<void> {
  const database = openDatabase({ url: databaseUrl, logger: pino({ level: 'silent' }), poolSize: 1 });
  const store = createStore(database.prisma, { decay });
  const [market] = await store.markets.findByIds([event.marketId]);
  const at = new Date(TEST_NOW_MS);
  const prepared = {
    interaction: {
      ...{ id: randomUUID(), weight: 0, dwellMs: null, section: null, position: null, country: null },
      ...{ sessionId: null, feedId: null, stake: null, context: null, probability: null, volume24h: null },
      ...{ clamped: false, occurredAt: at, receivedAt: at, attribution: null },
      ...event,
    },
    ...{ marketNumber: market?.number ?? 0, servingId: null },
  };
  const countriesOf = () => Promise.resolve(new Map<string, string | null>());
  const pseudonymOf = (userKey: string) => userKey;
  const options = { now: at, duplicatesSince: new Date(0), sinks: [], countriesOf, pseudonymOf };
  await commitEvents(store, [prepared], options);
  await database.close();
}
