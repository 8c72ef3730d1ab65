import { once } from 'node:events';
import { expect, vi } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';

export interface LiveMessage {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** A client that speaks graphql-transport-ws word for word, so that it can say wrong things. */
export interface LiveSocket {
  readonly socket: WebSocket;
  /** Every message so far but pongs. */
  readonly messages: readonly LiveMessage[];
  /** Resolves with the code and reason with which the server closed. */
  readonly closed: Promise<readonly [code: number, reason: string]>;
  /** Sends a message, or any text. */
  readonly say: (message: LiveMessage | string) => void;
  /** Subscribes. */
  readonly subscribe: (id: string, query: string, variables?: Record<string, unknown>) => void;
  /** Resolves when the server has worked on everything said so far that needs no database. */
  heard(): Promise<void>;
  /** Resolves when there are so many messages, with all of them. */
  received(count: number): Promise<readonly LiveMessage[]>;
}

export interface LiveSocketOptions extends Omit<ClientOptions, 'protocol'> {
  readonly path?: string;
  readonly protocol?: string | null;
}

/** @param url of the server, beginning with http. */
export async function openLiveSocket(url: string, options: LiveSocketOptions = {}): Promise<LiveSocket> {
  const { path = '/graphql', protocol = 'graphql-transport-ws', ...others } = options;
  const socket = new WebSocket(
    `${url.replace(/^http/, 'ws')}${path}`,
    protocol === null ? [] : [protocol],
    others,
  );
  const messages: LiveMessage[] = [];
  const waiting: (() => void)[] = [];
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as LiveMessage;
    if (message.type === 'pong') waiting.shift()?.();
    else messages.push(message);
  });
  const closed = new Promise<[number, string]>((resolve) => {
    socket.once('close', (code, reason) => resolve([code, reason.toString()]));
  });
  await once(socket, 'open');
  const say = (message: LiveMessage | string): void =>
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  return {
    socket,
    messages,
    closed,
    say,
    subscribe: (id, query, variables) => say({ type: 'subscribe', id, payload: { query, variables } }),
    heard: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        say({ type: 'ping' });
      }),
    received: async (count) => {
      await vi.waitFor(() => expect(messages.length).toBeGreaterThanOrEqual(count), {
        timeout: 10_000,
        interval: 5,
      });
      return messages;
    },
  };
}

/** The same, let in. */
export async function connectLive(url: string, options?: LiveSocketOptions): Promise<LiveSocket> {
  const live = await openLiveSocket(url, options);
  live.say({ type: 'connection_init' });
  await live.received(1);
  (live.messages as LiveMessage[]).length = 0;
  return live;
}

/** The HTTP status and body with which an upgrade is refused. */
export async function refusedUpgrade(
  url: string,
  options: LiveSocketOptions = {},
): Promise<{ readonly status: number | undefined; readonly body: unknown }> {
  const { path = '/graphql', protocol = 'graphql-transport-ws', ...others } = options;
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${path}`, protocol ?? [], others);
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [
    unknown,
    NodeJS.ReadableStream & { readonly statusCode?: number },
  ];
  let text = '';
  for await (const chunk of response) text += chunk.toString();
  return { status: response.statusCode, body: JSON.parse(text) as unknown };
}
