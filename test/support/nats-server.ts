import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { jetstreamManager, type StreamConfig } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { freezeProcess } from './freeze-process.js';
import { freePort } from './free-port.js';

/** A message of a stream. */
export interface StreamMessage {
  readonly subject: string;
  readonly id: string;
  readonly body: string;
}

/** A NATS server of one's own, with JetStream. */
export interface NatsServer {
  /** host:port. */
  readonly address: string;
  /** Kills it, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again at the same port, with what it had stored. */
  start(): Promise<void>;
  /** Stops it in the midst of what it does; its connections stay open, and new ones are not answered. */
  freeze(): Promise<void>;
  thaw(): void;
  makeStream(config: Partial<StreamConfig> & { name: string }): Promise<void>;
  deleteStream(stream: string): Promise<void>;
  streamInfo(stream: string): Promise<StreamConfig>;
  /** Everything in a stream, in order. */
  messages(stream: string): Promise<StreamMessage[]>;
  close(): Promise<void>;
}

/** Whether this machine has the program. */
export const hasNatsServer = spawnSync('nats-server', ['--version']).status === 0;

/** Starts a NATS server on a free port of the loopback interface, and waits until it is ready. */
export async function startNatsServer(args: readonly string[] = []): Promise<NatsServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bellwether-nats-'));
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  let server: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const where = ['-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder];
    server = spawn('nats-server', [...where, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    if (server.stderr === null) throw new Error('NATS was started without its output.');
    for await (const line of createInterface({ input: server.stderr })) {
      if (line.includes('Server is ready')) {
        server.stderr.resume();
        return;
      }
    }
    throw new Error('NATS ended before it was ready.');
  };
  const kill = async (): Promise<void> => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const exit = once(server, 'exit');
    server.kill('SIGKILL');
    await exit;
  };
  const manage = async <Result>(
    work: (streams: Awaited<ReturnType<typeof jetstreamManager>>['streams']) => Promise<Result>,
  ): Promise<Result> => {
    const connection = await connect({ servers: address });
    try {
      return await work((await jetstreamManager(connection)).streams);
    } finally {
      await connection.close();
    }
  };
  await start();
  return {
    address,
    start,
    kill,
    freeze: async () => {
      if (server?.pid !== undefined) await freezeProcess(server.pid);
    },
    thaw: () => void server?.kill('SIGCONT'),
    makeStream: (config) =>
      manage(async (streams) => {
        await streams.add(config);
      }),
    deleteStream: (stream) =>
      manage(async (streams) => {
        await streams.delete(stream);
      }),
    streamInfo: (stream) => manage(async (streams) => (await streams.info(stream)).config),
    messages: (stream) =>
      manage(async (streams) => {
        const { state } = await streams.info(stream);
        const seqs = Array.from({ length: state.messages }, (_, index) => state.first_seq + index);
        return Promise.all(
          seqs.map(async (seq) => {
            const message = await streams.getMessage(stream, { seq });
            if (message === null) throw new Error(`The stream has no message ${seq}.`);
            return {
              subject: message.subject,
              id: message.header.get('Nats-Msg-Id'),
              body: message.string(),
            };
          }),
        );
      }),
    close: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
