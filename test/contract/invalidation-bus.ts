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

/** A server that buses use, and what may happen to it. */
export interface BusServer {
  readonly url: string;
  /** The part of the URL that must stay secret. */
  readonly password: string;
  readonly createBus: (options: BusOptions) => InvalidationBus;
  /** Ends every connection, and refuses new ones. */
  readonly stop: () => Promise<void>;
  /** Lets it run again at the same address, if it does not. */
  readonly start: () => Promise<void>;
  /** Answers nothing any more, and closes nothing. */
  readonly freeze: () => void;
  readonly thaw: () => void;
  readonly close: () => Promise<void>;
}

const program = fileURLToPath(new URL('../support/bus-process.ts', import.meta.url));

const WARN = 40;
const DEBUG = 20;

/** What every invalidation bus has to do, whatever carries its messages. */
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

  it('what one replica tells reaches every other, and not itself', async () => {
    const [speaker, one, other] = [join(), join(), join()];
    await becomesReliable(speaker, one, other);
    speaker.bus.publish(['ada', 'grace']);
    await eventually(() => expect([...one.told, ...other.told]).toEqual(['ada', 'grace', 'ada', 'grace']));
    // What it told itself would have come back before what it is told now.
    one.bus.publish(['linus']);
    await eventually(() => expect(speaker.told).toEqual(['linus']));
  });

  it('500 long keys in any script, and 3,000 short ones, arrive whole and in order', async () => {
    const [speaker, listener] = await joinTwo();
    const long = Array.from({ length: 500 }, (_, index) =>
      `${index}-"\\'%_🦉日本`.padEnd(128, index % 2 === 0 ? 'é' : '界'),
    );
    // Short ones fill a message to the last bytes that the server takes.
    const keys = [...long, ...Array.from({ length: 3_000 }, (_, index) => index.toString(36))];
    speaker.bus.publish(keys);
    await eventually(() => expect(listener.told).toEqual(keys));
  });

  it('what is told while messages are under way arrives in order', async () => {
    const [speaker, listener] = await joinTwo();
    const keys = Array.from({ length: 200 }, (_, index) => `user-${index}`);
    for (const key of keys) {
      speaker.bus.publish([key]);
      await new Promise(setImmediate);
    }
    await eventually(() => expect(listener.told).toEqual(keys));
  });

  it('nobody is told of no changes', async () => {
    const [speaker, listener] = await joinTwo();
    speaker.bus.publish([]);
    speaker.bus.publish(['ada']);
    await eventually(() => expect(listener.told).toEqual(['ada']));
    expect(listener.changes).toEqual(['gap', 'reliable']);
  });

  it('200 messages arrive one by one; the time they take is printed', async ({ annotate }) => {
    const [speaker, listener] = await joinTwo();
    const tookMs: number[] = [];
    for (let index = 0; index < 200; index++) {
      const startedMs = performance.now();
      speaker.bus.publish([`user-${index}`]);
      while (listener.told.length <= index) await new Promise(setImmediate);
      tookMs.push(performance.now() - startedMs);
    }
    const [median, slow] = [100, 198].map((place) => tookMs.sort((a, b) => a - b)[place]?.toFixed(1));
    await annotate(`200 messages: p50 ${String(median)} ms, p99 ${String(slow)} ms`);
    expect(listener.told).toHaveLength(200);
  });

  it('a new replica holds everything for out of date before it is reliable', async () => {
    const replica = join();
    expect(replica.bus.reliable).toBe(false);
    await becomesReliable(replica);
    expect(replica.changes).toEqual(['gap', 'reliable']);
  });

  it('what a replica tells before it is connected is told once it is', async () => {
    const listener = join();
    await becomesReliable(listener);
    join().bus.publish(['early']);
    await eventually(() => expect(listener.told).toEqual(['early']));
  });

  it('what a replica tells while it alone is cut off reaches the others afterwards', async () => {
    const { hostname: host, port } = new URL(server.url);
    const way = await startTcpProxy({ host, port: Number(port) });
    const cutOff = join(Object.assign(new URL(server.url), { port: String(way.port) }).href);
    const listener = join();
    await becomesReliable(cutOff, listener);
    await way.cut();
    await becomesUnreliable(cutOff);
    cutOff.bus.publish(['ada']);
    cutOff.bus.publish(['grace', 'ada']);
    await way.restore();
    await eventually(() => expect(listener.told).toEqual(['ada', 'grace']));
    expect(listener.changes).toEqual(['gap', 'reliable']);
    await way.close();
  });

  it('with its server gone it is unreliable, and back with it, everything counting as out of date', async () => {
    const [one, other] = await joinTwo();
    await server.stop();
    await becomesUnreliable(one, other);
    await server.start();
    await becomesReliable(one, other);
    expect(one.changes).toEqual(['gap', 'reliable', 'unreliable', 'gap', 'reliable']);
    one.bus.publish(['ada']);
    await eventually(() => expect(other.told).toEqual(['ada']));
  });

  it('with its server gone, telling neither throws nor waits, and one warning is logged', async () => {
    const replica = join();
    await becomesReliable(replica);
    await server.stop();
    await becomesUnreliable(replica);
    for (let index = 0; index < 20_000; index++) replica.bus.publish([`user-${index}`]);
    expect(replica.bus.reliable).toBe(false);
    await eventually(() => expect(replica.lines.filter(({ level }) => level === DEBUG)).toHaveLength(3));
    expect(replica.lines.filter(({ level }) => level === WARN)).toHaveLength(1);
  });

  it('a replica that starts without the server connects when there is one', async () => {
    await server.stop();
    const replica = join();
    await eventually(() => expect(replica.lines.map(({ level }) => level)).toContain(WARN));
    await server.start();
    await becomesReliable(replica);
  });

  it('neither a lost connection nor a refused password puts the password into the log', async () => {
    const replica = join();
    await becomesReliable(replica);
    await server.stop();
    await becomesUnreliable(replica);
    await server.start();
    const refused = join(server.url.replace(server.password, 'another-secret'));
    await eventually(() => expect(refused.lines.length).toBeGreaterThan(1));
    const log = JSON.stringify([replica.lines, refused.lines]);
    expect(log).not.toContain(server.password);
    expect(log).not.toContain('another-secret');
  });

  it('with its server frozen it is unreliable; after a short while it goes on, and has missed nothing', async () => {
    const [one, other] = await joinTwo();
    server.freeze();
    one.bus.publish(['meanwhile']);
    await becomesUnreliable(one, other);
    server.thaw();
    await becomesReliable(one, other);
    await eventually(() => expect(other.told).toEqual(['meanwhile']));
    expect(other.changes).toEqual(['gap', 'reliable', 'unreliable', 'reliable']);
  });

  it('with its server frozen for long it connects anew, everything counting as out of date', async () => {
    const [one, other] = await joinTwo();
    server.freeze();
    one.bus.publish(['meanwhile']);
    await eventually(() => expect(other.lines.map(({ reason }) => reason)).toContain('no answer'));
    server.thaw();
    await becomesReliable(one, other);
    expect(other.changes).toEqual(['gap', 'reliable', 'unreliable', 'gap', 'reliable']);
  });

  it.each([
    ['while connected', () => Promise.resolve()],
    ['with the server frozen', () => Promise.resolve().then(server.freeze)],
    ['with the server gone', () => server.stop()],
  ])('closed %s, it leaves neither a connection nor a timer', async (_when, prepare) => {
    const child = fork(program, [server.url]);
    onTestFinished(() => void child.kill('SIGKILL'));
    expect(await messageOf(child)).toBe('connected');
    await prepare();
    child.send('close');
    expect(await messageOf(child)).toEqual([]);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('what was told just before closing is still sent, and nothing after it', async () => {
    const [speaker, listener] = await joinTwo();
    speaker.bus.publish(['first']);
    speaker.bus.publish(['last']);
    const closed = speaker.bus.close();
    speaker.bus.publish(['too late']);
    await closed;
    await eventually(() => expect(listener.told).toContain('last'));
    expect(listener.told).toEqual(['first', 'last']);
  });
}

/** What the child sends next; fails when it ends instead. */
async function messageOf(child: ChildProcess): Promise<unknown> {
  const [message] = (await Promise.race([once(child, 'message'), once(child, 'exit')])) as [unknown];
  return message;
}
