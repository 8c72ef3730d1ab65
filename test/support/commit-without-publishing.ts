import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { openDatabase } from '../../src/database/client.js';
import { foldHistory } from '../../src/profiles/fold-history.js';
import { createStore } from '../../src/repositories/store.js';
import type { EventType } from '../../src/scoring/event-weight.js';
import { commitEvents } from '../../src/tracking/commit-events.js';
import { memory } from './profile-events.js';
import { TEST_NOW_MS } from './test-gateway.js';

/** Commits an event, as a replica that is killed before it notifies the others. */
export async function commitWithoutPublishing(
  databaseUrl: string,
  event: { userKey: string; marketId: string; eventType: EventType; clientEventId: string | null },
): Promise<void> {
  const database = openDatabase({ url: databaseUrl, logger: pino({ level: 'silent' }), poolSize: 1 });
  const at = new Date(TEST_NOW_MS);
  const prepared = {
    interaction: {
      ...{ id: randomUUID(), weight: 0, dwellMs: null, section: null, position: null, country: null },
      ...{ sessionId: null, feedId: null, stake: null, context: null, probability: null, volume24h: null },
      ...{ clamped: false, occurredAt: at, receivedAt: at },
      ...event,
    },
    market: { id: event.marketId, category: 'Politics', tags: [], probability: null, volume24h: 0 },
  };
  const options = { now: at, clientEventsSince: new Date(0), memory, sinks: [], lastSeen: () => undefined };
  await commitEvents(createStore(database.prisma, foldHistory(memory)), [prepared], options);
  await database.close();
}
