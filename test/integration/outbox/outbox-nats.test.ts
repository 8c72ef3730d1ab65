import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sinksSchema } from '../../../src/config/schema/sink-schema.js';
import type { OutgoingEvent } from '../../../src/outbox/sinks/outgoing-event.js';
import { SinkRelays } from '../../../src/outbox/sink-relays.js';
import { userPseudonym } from '../../../src/lib/user-pseudonym.js';
import { recordingLogger } from '../../support/log-lines.js';
import { hasNatsServer, startNatsServer, type NatsServer } from '../../support/nats-server.js';
import { interactionOf, openOutbox } from '../../support/outbox.js';
import { NOON_MS } from '../../support/profile-events.js';

const pseudonymOf = userPseudonym('a secret of many bytes');
const users = ['ada', 'ben', 'cy', 'dee', 'eve'];

let db: Awaited<ReturnType<typeof openOutbox>>;
let server: NatsServer;
let folder: string;

/** The relays of one replica: to NATS with pseudonyms, and to files with user keys. */
function startRelays() {
  const sinks = sinksSchema.parse([
    {
      ...{ type: 'nats', name: 'bus', servers: [server.address], stream: 'EVENTS', createStream: true },
      ...{ ackTimeoutMs: 500, batchSize: 50 },
    },
    { type: 'jsonl', name: 'files', folder, userKeys: 'plain' },
  ]);
  const relays = new SinkRelays(sinks, {
    store: db,
    onDeadLetters: () => Promise.reject(new Error('Unexpected dead letters.')),
    random: () => 0.5,
    logger: recordingLogger().logger,
    clock: () => NOON_MS,
    pseudonymOf,
  });
  relays.start();
  return relays;
}

describe.skipIf(!hasNatsServer)('relays of two replicas (needs nats-server on the PATH)', () => {
  beforeAll(async () => {
    db = await openOutbox();
    server = await startNatsServer();
    folder = await mkdtemp(path.join(tmpdir(), 'bellwether-events-'));
  });

  afterAll(async () => {
    await db.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  it('deliver every event, in order per user, when NATS is killed under load', async () => {
    const replicas = [startRelays(), startRelays()];
    let writing = true;
    const written = new Map(users.map((user) => [user, 0]));
    const writers = users.map(async (user) => {
      for (let n = 0; writing; n += 2) {
        await db.put(['bus', 'files'], [interactionOf(user, n), interactionOf(user, n + 1)]);
        for (const replica of replicas) replica.wake();
        written.set(user, n + 2);
        await delay(2);
      }
    });
    const lagOf = async (sink: string) => (await db.lag()).find((lag) => lag.sink === sink)?.events ?? 0;
    await vi.waitFor(async () => expect((await server.messages('EVENTS')).length).toBeGreaterThan(50), {
      timeout: 5_000,
    });
    await server.kill();
    const killedAt = new Map(written);
    await vi.waitFor(async () => expect(await lagOf('bus')).toBeGreaterThan(500), { timeout: 10_000 });
    await server.start();
    await vi.waitFor(() => {
      for (const user of users) expect(written.get(user)).toBeGreaterThan((killedAt.get(user) ?? 0) + 100);
    });
    writing = false;
    await Promise.all(writers);
    await vi.waitFor(async () => expect(await db.lag()).toEqual([]), {
      timeout: 15_000,
      interval: 50,
    });
    await Promise.all(replicas.map((replica) => replica.stop()));

    const inStream = (await server.messages('EVENTS')).map(({ body }) => JSON.parse(body) as OutgoingEvent);
    // A file may be continued by the relay of another replica, in a file with a later name.
    const files = (await readdir(folder)).sort();
    const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')));
    const lines = texts.flatMap((text) => text.trimEnd().split('\n'));
    const inFiles = lines.map((line) => JSON.parse(line) as OutgoingEvent);
    for (const user of users) {
      const all = Array.from({ length: written.get(user) ?? 0 }, (_, n) => n);
      expect(numbersOf(inStream, pseudonymOf(user))).toEqual(all);
      expect(numbersOf(inFiles, user)).toEqual(all);
    }
    expect(JSON.stringify(inStream)).not.toMatch(/"user":"(ada|ben|cy|dee|eve)"/);
  });
});

/** The numbers of a user's events, by their first delivery. */
function numbersOf(events: readonly OutgoingEvent[], user: string): number[] {
  const eventsOfUser = events.filter((event) => event.user === user);
  return [...new Set(eventsOfUser.map(({ interactionId }) => Number(interactionId.slice(0, 8))))];
}
