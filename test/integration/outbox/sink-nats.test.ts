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
import { outgoing } from '../../support/outbox.js';

const streamName = 'EVENTS';
let server: NatsServer;
const sinks: NatsSink[] = [];

function newSink(options: Partial<NatsSinkConfig> = {}): NatsSink {
  const servers = [server.address];
  const defaults = {
    type: 'nats',
    name: 'bus',
    servers,
    stream: streamName,
    createStream: true,
    ackTimeoutMs: 1_000,
  };
  const [config] = sinksSchema.parse([{ ...defaults, ...options }]);
  if (config?.type !== 'nats') throw new Error('This is not the config of a NATS sink.');
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

  it('publishes by event type with the interaction id as message id', async () => {
    const sink = newSink({ subjectPrefix: 'site.events' });
    await sink.deliver([outgoing('ada', 1), outgoing('ada', 2, { eventType: 'VIEW_MARKET' })]);
    expect((await server.messages(streamName)).map(({ subject, id }) => [subject, id])).toEqual([
      ['site.events.click', outgoing('ada', 1).interactionId],
      ['site.events.view_market', outgoing('ada', 2).interactionId],
    ]);
  });

  it('stores an event once when it is delivered again within the duplicate window', async () => {
    await newSink({ duplicateWindowSeconds: 60 }).deliver([outgoing('ada', 1), outgoing('ada', 2)]);
    expect((await server.streamInfo(streamName)).duplicate_window).toBe(60_000_000_000);
    expect(await newSink().deliver([outgoing('ada', 1), outgoing('ada', 2)])).toMatchObject({
      delivered: [0, 1],
    });
    expect(await stored()).toHaveLength(2);
  });

  it('does not change an existing stream', async () => {
    await server.makeStream({ name: streamName, subjects: ['bellwether.>'], max_msgs: 3 });
    await newSink().deliver([outgoing('ada', 1)]);
    expect(await server.streamInfo(streamName)).toMatchObject({ subjects: ['bellwether.>'], max_msgs: 3 });
  });

  it('recreates its stream after it was deleted', async () => {
    const sink = newSink();
    await sink.deliver([outgoing('ada', 1)]);
    await server.deleteStream(streamName);
    expect((await sink.deliver([outgoing('ada', 2)])).delivered).toEqual([]);
    expect((await sink.deliver([outgoing('ada', 2)])).delivered).toEqual([0]);
    expect(await stored()).toEqual([outgoing('ada', 2)]);
  });

  it('fails at once when the server was killed, and buffers nothing', async () => {
    const sink = newSink({ ackTimeoutMs: 10_000 });
    await sink.deliver([outgoing('ada', 1)]);
    await server.kill();
    await Promise.race([
      expect(
        sink.deliver([outgoing('ada', 2)]).then(({ failure }) => Promise.reject(failure as Error)),
      ).rejects.toThrow(SinkFailure),
      delay(3_000).then(() => Promise.reject(new Error('The delivery still waits.'))),
    ]);
  });

  it('delivers nothing when the stream does not exist and createStream is off', async () => {
    const delivery = await newSink({ createStream: false }).deliver([outgoing('ada', 1), outgoing('ben', 1)]);
    expect(delivery.delivered).toEqual([]);
    expect(delivery.failure?.message).toContain('The stream EVENTS did not store an event');
  });

  it('does not accept the acknowledgement of another stream', async () => {
    await server.makeStream({ name: 'OTHER', subjects: ['bellwether.>'] });
    expect((await newSink({ createStream: false }).deliver([outgoing('ada', 1)])).delivered).toEqual([]);
    expect(await stored('OTHER')).toEqual([]);
  });

  it('rejects an event above the message size of the stream, and delivers the others', async () => {
    await server.makeStream({ name: streamName, subjects: ['bellwether.events.*'], max_msg_size: 1_000 });
    const large = outgoing('ada', 2, { context: { text: 'x'.repeat(2_000) } });
    const delivery = await newSink().deliver([outgoing('ada', 1), large, outgoing('ada', 3)]);
    expect(delivery).toEqual({
      delivered: [0, 2],
      rejected: [{ index: 1, reason: 'The event exceeds the message size of the stream EVENTS.' }],
      failure: undefined,
    });
    expect(await stored()).toEqual([outgoing('ada', 1), outgoing('ada', 3)]);
  });

  it('stores no event of a user before an earlier one that the stream cannot store yet', async () => {
    const full = { max_bytes: 1_500, discard: DiscardPolicy.New };
    await server.makeStream({ name: streamName, subjects: ['bellwether.events.*'], ...full });
    const large = outgoing('ada', 1, { context: { text: 'x'.repeat(2_000) } });
    const delivery = await newSink().deliver([large, outgoing('ada', 2)]);
    expect(delivery).toMatchObject({ delivered: [], rejected: [] });
    expect(delivery.failure?.message).toContain('maximum bytes exceeded');
    expect(await stored()).toEqual([]);
  });

  it('fails within ackTimeoutMs while the server is frozen, and delivers afterwards', async () => {
    const sink = newSink({ ackTimeoutMs: 300 });
    await sink.deliver([outgoing('ada', 1)]);
    await server.freeze();
    const events = [outgoing('ada', 2), outgoing('ada', 3), outgoing('ben', 1)];
    const delivery = await sink.deliver(events);
    expect(delivery).toMatchObject({ delivered: [], rejected: [] });
    expect(delivery.failure?.message).toMatch(/timeout/i);
    server.thaw();
    expect(await sink.deliver(events)).toMatchObject({ delivered: [0, 1, 2], failure: undefined });
    const eventsOfAda = (await stored()).filter((event) => (event as { user: string }).user === 'ada');
    expect(eventsOfAda).toEqual([1, 2, 3].map((n) => outgoing('ada', n)));
  });

  it('delivers nothing after it was closed', async () => {
    const sink = newSink();
    await sink.deliver([outgoing('ada', 1)]);
    await sink.close();
    await expect(sink.deliver([outgoing('ada', 2)])).rejects.toThrow('The sink was closed.');
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
      await expect(sink.deliver([outgoing('ada', 1)])).rejects.toThrow(/ENOENT/);
      await writeFile(passwordFile, 'wrong');
      await expect(sink.deliver([outgoing('ada', 1)])).rejects.toThrow(/authorization/i);
      await writeFile(passwordFile, 'open sesame\n');
      expect((await sink.deliver([outgoing('ada', 1)])).delivered).toEqual([0]);
    } finally {
      await sink.close();
      await rm(folder, { recursive: true });
    }
  });
});
