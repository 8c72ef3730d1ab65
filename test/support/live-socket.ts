import { once } from 'node:events';
import { expect, vi } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';

export interface LiveMessage {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** Client of graphql-transport-ws that sends raw messages, so that tests can violate the protocol. */
export interface LiveSocket {
  readonly socket: WebSocket;
  /** Received messages without pongs. */
  readonly messages: readonly LiveMessage[];
  /** Resolves with the close code and reason of the server. */
  readonly closed: Promise<readonly [code: number, reason: string]>;
  /** Sends a message, or raw text. */
  readonly send: (message: LiveMessage | string) => void;
  /** Sends a `subscribe` message. */
  readonly subscribe: (id: string, query: string, variables?: Record<string, unknown>) => void;
  /** Resolves when the server has handled all messages sent so far, as far as they need no database. */
  roundTrip(): Promise<void>;
  /** Resolves with all messages once there are at least `count`. */
  received(count: number): Promise<readonly LiveMessage[]>;
}

export interface LiveSocketOptions extends Omit<ClientOptions, 'protocol'> {
  readonly path?: string;
  readonly protocol?: string | null;
}

/** @param url URL of the server, with the scheme http. */
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
  const send = (message: LiveMessage | string): void =>
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  return {
    socket,
    messages,
    closed,
    send,
    subscribe: (id, query, variables) => send({ type: 'subscribe', id, payload: { query, variables } }),
    roundTrip: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        send({ type: 'ping' });
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

/** Opens a connection and waits for `connection_ack`. */
export async function connectLive(url: string, options?: LiveSocketOptions): Promise<LiveSocket> {
  const live = await openLiveSocket(url, options);
  live.send({ type: 'connection_init' });
  await live.received(1);
  (live.messages as LiveMessage[]).length = 0;
  return live;
}

/** Returns the HTTP status and body of a rejected upgrade. */
export async function rejectedUpgrade(
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
