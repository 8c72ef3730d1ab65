import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { BusOptions, InvalidationBus } from '../../src/bus/invalidation-bus.js';
import {
  becomesReliable,
  becomesUnreliable,
  eventually,
  joinBus,
  type BusReplica,
} from '../support/bus-replica.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

/** A server that buses use, with controls over its failures. */
export interface BusServer {
  readonly url: string;
  /** The part of the URL that must stay secret. */
  readonly password: string;
  readonly createBus: (options: BusOptions) => InvalidationBus;
  /** Closes every connection, and rejects new ones. */
  readonly stop: () => Promise<void>;
  /** Starts the server again at the same address, if it is stopped. */
  readonly start: () => Promise<void>;
  /** Stops answering without closing connections. */
  readonly freeze: () => void;
  /** Answers again, and processes what arrived meanwhile. */
  readonly thaw: () => void;
  readonly close: () => Promise<void>;
}

const busProcess = fileURLToPath(new URL('../support/bus-process.ts', import.meta.url));

/** Levels of Pino. */
const WARN = 40;
const DEBUG = 20;

/** The contract of every invalidation bus. */
export function describeInvalidationBus(startServer: () => Promise<BusServer>): void {
  let server: BusServer;
  const replicas: BusReplica[] = [];

  beforeAll(async () => {
    server = await startServer();
  });

  afterEach(async () => {
    server.thaw();
    await server.start();
    await Promise.all(replicas.splice(0).map(({ bus }) => bus.close()));
  });

  afterAll(() => server.close());

  function join(url = server.url): BusReplica {
    const replica = joinBus(server.createBus, url);
    replicas.push(replica);
    return replica;
  }

  async function joinTwo(): Promise<[BusReplica, BusReplica]> {
    const [one, other] = [join(), join()];
    await becomesReliable(one, other);
    return [one, other];
  }

  it('delivers published keys to every other replica, but not to the publisher', async () => {
    const [publisher, one, other] = [join(), join(), join()];
    await becomesReliable(publisher, one, other);
    publisher.bus.publish(['ada', 'grace']);
    await eventually(() =>
      expect([...one.received, ...other.received]).toEqual(['ada', 'grace', 'ada', 'grace']),
    );
    // Delivery is in order, so keys returned to their publisher would arrive before this one.
    one.bus.publish(['linus']);
    await eventually(() => expect(publisher.received).toEqual(['linus']));
  });

  it('delivers 500 long keys of any script and 3,000 short keys intact and in order', async () => {
    const [publisher, receiver] = await joinTwo();
    const long = Array.from({ length: 500 }, (_, index) =>
      `${index}-"\\'%_🦉日本`.padEnd(128, index % 2 === 0 ? 'é' : '界'),
    );
    // Short keys fill a message to the last bytes that the server accepts.
    const keys = [...long, ...Array.from({ length: 3_000 }, (_, index) => index.toString(36))];
    publisher.bus.publish(keys);
    await eventually(() => expect(receiver.received).toEqual(keys));
  });

  it('delivers keys in order when they are published during a send', async () => {
    const [publisher, receiver] = await joinTwo();
    const keys = Array.from({ length: 200 }, (_, index) => `user-${index}`);
    for (const key of keys) {
      publisher.bus.publish([key]);
      await new Promise(setImmediate);
    }
    await eventually(() => expect(receiver.received).toEqual(keys));
  });

  it('sends no message for an empty list of keys', async () => {
    const [publisher, receiver] = await joinTwo();
    publisher.bus.publish([]);
    publisher.bus.publish(['ada']);
    await eventually(() => expect(receiver.received).toEqual(['ada']));
    expect(receiver.changes).toEqual(['gap', 'reliable']);
  });

  it('delivers 200 messages one by one, and annotates their latency', async ({ annotate }) => {
    const [publisher, receiver] = await joinTwo();
    const tookMs: number[] = [];
    for (let index = 0; index < 200; index++) {
      const startedMs = performance.now();
      publisher.bus.publish([`user-${index}`]);
      while (receiver.received.length <= index) await new Promise(setImmediate);
      tookMs.push(performance.now() - startedMs);
    }
    const [p50, p99] = [100, 198].map((index) => tookMs.sort((a, b) => a - b)[index]?.toFixed(1));
    await annotate(`200 messages: p50 ${String(p50)} ms, p99 ${String(p99)} ms`);
    expect(receiver.received).toHaveLength(200);
  });

  it('reports a gap before a new replica becomes reliable', async () => {
    const replica = join();
    expect(replica.bus.reliable).toBe(false);
    await becomesReliable(replica);
    expect(replica.changes).toEqual(['gap', 'reliable']);
  });

  it('delivers keys that are published before the connection, once connected', async () => {
    const receiver = join();
    await becomesReliable(receiver);
    join().bus.publish(['early']);
    await eventually(() => expect(receiver.received).toEqual(['early']));
  });

  it('delivers keys that are published while the connection of one replica is lost, after it reconnects', async () => {
    const { hostname: host, port } = new URL(server.url);
    const proxy = await startTcpProxy({ host, port: Number(port) });
    const disconnected = join(Object.assign(new URL(server.url), { port: String(proxy.port) }).href);
    const receiver = join();
    await becomesReliable(disconnected, receiver);
    await proxy.cut();
    await becomesUnreliable(disconnected);
    disconnected.bus.publish(['ada']);
    disconnected.bus.publish(['grace', 'ada']);
    await proxy.restore();
    await eventually(() => expect(receiver.received).toEqual(['ada', 'grace']));
    expect(receiver.changes).toEqual(['gap', 'reliable']);
    await proxy.close();
  });

  it('is unreliable while the server is stopped, and reports a gap when it is back', async () => {
    const [one, other] = await joinTwo();
    await server.stop();
    await becomesUnreliable(one, other);
    await server.start();
    await becomesReliable(one, other);
    expect(one.changes).toEqual(['gap', 'reliable', 'unreliable', 'gap', 'reliable']);
    one.bus.publish(['ada']);
    await eventually(() => expect(other.received).toEqual(['ada']));
  });

  it('publishes without throwing or waiting while the server is stopped, and logs one warning', async () => {
    const replica = join();
    await becomesReliable(replica);
    await server.stop();
    await becomesUnreliable(replica);
    for (let index = 0; index < 20_000; index++) replica.bus.publish([`user-${index}`]);
    expect(replica.bus.reliable).toBe(false);
    // The first failed attempt to reconnect is a warning. Later ones have level debug.
    await eventually(() => expect(replica.lines.filter(({ level }) => level === DEBUG)).toHaveLength(3));
    expect(replica.lines.filter(({ level }) => level === WARN)).toHaveLength(1);
  });

  it('connects when the server starts after the replica', async () => {
    await server.stop();
    const replica = join();
    await eventually(() => expect(replica.lines.map(({ level }) => level)).toContain(WARN));
    await server.start();
    await becomesReliable(replica);
  });

  it('does not log the password on a lost connection or a rejected password', async () => {
    const replica = join();
    await becomesReliable(replica);
    await server.stop();
    await becomesUnreliable(replica);
    await server.start();
    const rejected = join(server.url.replace(server.password, 'another-secret'));
    await eventually(() => expect(rejected.lines.length).toBeGreaterThan(1));
    const log = JSON.stringify([replica.lines, rejected.lines]);
    expect(log).not.toContain(server.password);
    expect(log).not.toContain('another-secret');
  });

  it('is unreliable while the server is frozen for less than giveUpMs, and then delivers all keys', async () => {
    const [one, other] = await joinTwo();
    server.freeze();
    one.bus.publish(['meanwhile']);
    await becomesUnreliable(one, other);
    server.thaw();
    await becomesReliable(one, other);
    await eventually(() => expect(other.received).toEqual(['meanwhile']));
    expect(other.changes).toEqual(['gap', 'reliable', 'unreliable', 'reliable']);
  });

  it('reconnects and reports a gap when the server is frozen for more than giveUpMs', async () => {
    const [one, other] = await joinTwo();
    server.freeze();
    one.bus.publish(['meanwhile']);
    await eventually(() => expect(other.lines.map(({ reason }) => reason)).toContain('no answer to a ping'));
    server.thaw();
    await becomesReliable(one, other);
    expect(other.changes).toEqual(['gap', 'reliable', 'unreliable', 'gap', 'reliable']);
  });

  it.each([
    ['while connected', () => Promise.resolve()],
    ['with the server frozen', () => Promise.resolve().then(server.freeze)],
    ['with the server stopped', () => server.stop()],
  ])('leaves neither a connection nor a timer open when it is closed %s', async (_when, prepare) => {
    const child = fork(busProcess, [server.url]);
    onTestFinished(() => void child.kill('SIGKILL'));
    expect(await messageOf(child)).toBe('connected');
    await prepare();
    child.send('close');
    // The kinds of resources left open.
    expect(await messageOf(child)).toEqual([]);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('sends keys that are published just before it is closed, and none after', async () => {
    const [publisher, receiver] = await joinTwo();
    publisher.bus.publish(['first']);
    publisher.bus.publish(['last']);
    const closed = publisher.bus.close();
    publisher.bus.publish(['too late']);
    await closed;
    await eventually(() => expect(receiver.received).toContain('last'));
    expect(receiver.received).toEqual(['first', 'last']);
  });
}

/** Returns the next message of the child; fails if it exits first. */
async function messageOf(child: ChildProcess): Promise<unknown> {
  const [message] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown];
  return message;
}
