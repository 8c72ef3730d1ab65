import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DiscardPolicy } from '@nats-io/jetstream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { sinksSchema, type NatsSinkConfig } from '../../../src/config/schema/sink-schema.js';
import { SinkFailure } from '../../../src/outbox/sinks/sink.js';
import { NatsSink } from '../../../src/outbox/sinks/nats-sink.js';
import { sinkContract } from '../../contract/sink.js';
import { hasNatsServer, startNatsServer, type NatsServer } from '../../support/nats-server.js';
import { leaving } from '../../support/outbox.js';

const streamName = 'EVENTS';
let server: NatsServer;
const sinks: NatsSink[] = [];

function newSink(options: Partial<NatsSinkConfig> = {}): NatsSink {
  const servers = [server.address];
  const given = {
    type: 'nats',
    name: 'bus',
    servers,
    stream: streamName,
    createStream: true,
    ackTimeoutMs: 1_000,
  };
  const [config] = sinksSchema.parse([{ ...given, ...options }]);
  if (config?.type !== 'nats') throw new Error('This is no config of a NATS sink.');
  const sink = new NatsSink(config);
  sinks.push(sink);
  return sink;
}

const stored = async (stream = streamName) =>
  (await server.messages(stream)).map(({ body }) => JSON.parse(body) as unknown);

describe.skipIf(!hasNatsServer)('NATS sink (needs nats-server on the PATH)', () => {
  beforeEach(async () => {
    server = await startNatsServer();
  });

  afterEach(async () => {
    await Promise.all(sinks.splice(0).map((sink) => sink.close()));
    await server.close();
  });

  sinkContract(() =>
    Promise.resolve({
      sink: newSink(),
      stored,
      takeDown: () => server.kill(),
      bringBack: () => server.start(),
      close: () => Promise.resolve(),
    }),
  );

  it('publishes under the event type, the interaction id as message id', async () => {
    const sink = newSink({ subjectPrefix: 'site.events' });
    await sink.deliver([leaving('ada', 1), leaving('ada', 2, { eventType: 'VIEW_MARKET' })]);
    expect((await server.messages(streamName)).map(({ subject, id }) => [subject, id])).toEqual([
      ['site.events.click', leaving('ada', 1).interactionId],
      ['site.events.view_market', leaving('ada', 2).interactionId],
    ]);
  });

  it('does not store an event again that comes again within the duplicate window', async () => {
    await newSink({ duplicateWindowSeconds: 60 }).deliver([leaving('ada', 1), leaving('ada', 2)]);
    expect((await server.streamInfo(streamName)).duplicate_window).toBe(60_000_000_000);
    expect(await newSink().deliver([leaving('ada', 1), leaving('ada', 2)])).toMatchObject({
      delivered: [0, 1],
    });
    expect(await stored()).toHaveLength(2);
  });

  it('leaves a stream that is there as it is', async () => {
    await server.makeStream({ name: streamName, subjects: ['bellwether.>'], max_msgs: 3 });
    await newSink().deliver([leaving('ada', 1)]);
    expect(await server.streamInfo(streamName)).toMatchObject({ subjects: ['bellwether.>'], max_msgs: 3 });
  });

  it('makes its stream anew when it was deleted', async () => {
    const sink = newSink();
    await sink.deliver([leaving('ada', 1)]);
    await server.deleteStream(streamName);
    expect((await sink.deliver([leaving('ada', 2)])).delivered).toEqual([]);
    expect((await sink.deliver([leaving('ada', 2)])).delivered).toEqual([0]);
    expect(await stored()).toEqual([leaving('ada', 2)]);
  });

  it('fails at once when the server was killed, and keeps nothing back to be sent later', async () => {
    const sink = newSink({ ackTimeoutMs: 10_000 });
    await sink.deliver([leaving('ada', 1)]);
    await server.kill();
    await Promise.race([
      expect(
        sink.deliver([leaving('ada', 2)]).then(({ failure }) => Promise.reject(failure as Error)),
      ).rejects.toThrow(SinkFailure),
      delay(3_000).then(() => Promise.reject(new Error('It still waits.'))),
    ]);
  });

  it('delivers nothing when there is no stream and it must not make one', async () => {
    const delivery = await newSink({ createStream: false }).deliver([leaving('ada', 1), leaving('ben', 1)]);
    expect(delivery.delivered).toEqual([]);
    expect(delivery.failure?.message).toContain('The stream EVENTS did not take an event');
  });

  it('does not take the acknowledgement of another stream for the one of its own', async () => {
    await server.makeStream({ name: 'OTHER', subjects: ['bellwether.>'] });
    expect((await newSink({ createStream: false }).deliver([leaving('ada', 1)])).delivered).toEqual([]);
    expect(await stored('OTHER')).toEqual([]);
  });

  it('refuses an event that the stream will never take for its size, and delivers those around it', async () => {
    await server.makeStream({ name: streamName, subjects: ['bellwether.events.*'], max_msg_size: 1_000 });
    const large = leaving('ada', 2, { context: { text: 'x'.repeat(2_000) } });
    const delivery = await newSink().deliver([leaving('ada', 1), large, leaving('ada', 3)]);
    expect(delivery).toEqual({
      delivered: [0, 2],
      refused: [{ index: 1, reason: 'The stream EVENTS takes no event of this size.' }],
      failure: undefined,
    });
    expect(await stored()).toEqual([leaving('ada', 1), leaving('ada', 3)]);
  });

  it('lets no event of a user overtake one that the stream does not take now', async () => {
    const full = { max_bytes: 1_500, discard: DiscardPolicy.New };
    await server.makeStream({ name: streamName, subjects: ['bellwether.events.*'], ...full });
    const large = leaving('ada', 1, { context: { text: 'x'.repeat(2_000) } });
    const delivery = await newSink().deliver([large, leaving('ada', 2)]);
    expect(delivery).toMatchObject({ delivered: [], refused: [] });
    expect(delivery.failure?.message).toContain('maximum bytes exceeded');
    expect(await stored()).toEqual([]);
  });

  it('gives up within the time for an acknowledgement when the server is frozen, and goes on when it is not', async () => {
    const sink = newSink({ ackTimeoutMs: 300 });
    await sink.deliver([leaving('ada', 1)]);
    await server.freeze();
    const events = [leaving('ada', 2), leaving('ada', 3), leaving('ben', 1)];
    const delivery = await sink.deliver(events);
    expect(delivery).toMatchObject({ delivered: [], refused: [] });
    expect(delivery.failure?.message).toMatch(/timeout/i);
    server.thaw();
    expect(await sink.deliver(events)).toMatchObject({ delivered: [0, 1, 2], failure: undefined });
    const ofAda = (await stored()).filter((event) => (event as { user: string }).user === 'ada');
    expect(ofAda).toEqual([1, 2, 3].map((n) => leaving('ada', n)));
  });

  it('delivers nothing any more once it is closed', async () => {
    const sink = newSink();
    await sink.deliver([leaving('ada', 1)]);
    await sink.close();
    await expect(sink.deliver([leaving('ada', 2)])).rejects.toThrow('The sink was closed.');
    expect(await stored()).toHaveLength(1);
  });
});

describe.skipIf(!hasNatsServer)('NATS sink with a password (needs nats-server on the PATH)', () => {
  beforeAll(async () => {
    server = await startNatsServer(['--user', 'gateway', '--pass', 'open sesame']);
  });

  afterAll(() => server.close());

  it('reads the password from its file at each connect', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'bellwether-password-'));
    const passwordFile = path.join(folder, 'password');
    const sink = newSink({ user: 'gateway', passwordFile });
    try {
      await expect(sink.deliver([leaving('ada', 1)])).rejects.toThrow(/ENOENT/);
      await writeFile(passwordFile, 'wrong');
      await expect(sink.deliver([leaving('ada', 1)])).rejects.toThrow(/authorization/i);
      await writeFile(passwordFile, 'open sesame\n');
      expect((await sink.deliver([leaving('ada', 1)])).delivered).toEqual([0]);
    } finally {
      await sink.close();
      await rm(folder, { recursive: true });
    }
  });
});
