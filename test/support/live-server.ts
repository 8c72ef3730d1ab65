import type { AddressInfo } from 'node:net';
import {
  GraphQLInt,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  type GraphQLFieldConfig,
} from 'graphql';
import type { AuthorizeConnection } from '../../src/auth/authorize-connection.js';
import { OPEN_VIEWER, type Viewer } from '../../src/auth/viewer.js';
import { createHttpServer, type HttpServer } from '../../src/server/server.js';
import type { WebSocketLimits } from '../../src/server/websocket-connection.js';
import { registerSubscriptions } from '../../src/server/subscriptions.js';
import { recordingLogger } from './log-lines.js';
import { OPEN } from './open-authentication.js';
import { openLimits } from './open-limits.js';

interface LiveContext {
  /** Number of the context, from 1. */
  readonly number: number;
  readonly viewer: Viewer;
  readonly address: string;
}

/** HTTP server with subscriptions over a test schema. */
export interface LiveServer extends HttpServer {
  readonly url: string;
  readonly lines: readonly Record<string, unknown>[];
  /** Number of active event sources. */
  readonly sourceCount: () => number;
  /** Sends an event to every event source. */
  readonly emit: (value?: string) => void;
}

export interface LiveServerOptions {
  readonly authorize?: AuthorizeConnection;
  readonly limits?: Partial<WebSocketLimits>;
  readonly allowedOrigins?: readonly string[];
}

export async function startLiveServer(options: LiveServerOptions = {}): Promise<LiveServer> {
  const sources = new Set<(value: string) => void>();
  const { logger, lines } = recordingLogger();
  const schema = createSchema(sources);
  let contexts = 0;
  const buildContext = (_request: unknown, viewer: Viewer): LiveContext => ({
    ...{ number: ++contexts, viewer, address: '' },
  });
  const server = await createHttpServer<LiveContext>({
    ...{ schema, logger, production: true, checks: {}, authentication: OPEN, buildContext },
    limits: openLimits,
    newRequestId: () => 'an id',
  });
  registerSubscriptions<LiveContext>(server.app, {
    ...{ schema, logger, mapError: server.mapError },
    ...{ buildContext, authentication: OPEN, callerLimits: openLimits, clock: Date.now },
    socketLimits: () => ({ socketsPerAddress: 1_000, socketsPerViewer: 1_000 }),
    authorize: () => ({ viewer: OPEN_VIEWER }),
    ...options,
  });
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.app.server.address() as AddressInfo;
  return {
    ...server,
    url: `http://127.0.0.1:${port}`,
    lines,
    sourceCount: () => sources.size,
    emit: (value = 'event') => {
      for (const send of sources) send(value);
    },
  };
}

function createSchema(sources: Set<(value: string) => void>): GraphQLSchema {
  const text = new GraphQLNonNull(GraphQLString);
  const self: GraphQLObjectType = new GraphQLObjectType({
    name: 'Self',
    fields: () => ({
      name: { type: text, resolve: () => 'self' },
      self: { type: self, resolve: () => ({}) },
    }),
  });
  const crash = (): never => {
    throw new Error('secret');
  };
  const fields: Record<string, GraphQLFieldConfig<string, LiveContext>> = {
    events: { type: text, subscribe: () => listen(sources), resolve: (value) => value },
    large: {
      type: text,
      args: { bytes: { type: new GraphQLNonNull(GraphQLInt) } },
      subscribe: () => listen(sources),
      resolve: (_value, { bytes }: { bytes?: number }) => 'x'.repeat(bytes ?? 0),
    },
    context: {
      type: text,
      subscribe: () => listen(sources),
      resolve: (_value, _args, { number, viewer }) => JSON.stringify({ number, viewer }),
    },
    noEvents: { type: text, subscribe: () => 'not an event source' },
    crashOnEnd: {
      type: text,
      subscribe: () => ({ ...listen(sources), return: () => Promise.reject(new Error('secret')) }),
    },
    crashAtOnce: { type: text, subscribe: crash },
    crashLater: { type: text, subscribe: () => listen(sources), resolve: crash },
    nested: { type: self, subscribe: () => listen(sources), resolve: () => ({}) },
  };
  return new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: { ok: { type: text, resolve: () => 'ok' } } }),
    subscription: new GraphQLObjectType({ name: 'Subscription', fields }),
  });
}

/** Event source that queues its events until they are requested. */
function listen(sources: Set<(value: string) => void>): AsyncIterableIterator<string> {
  const queue: string[] = [];
  let waiting: ((result: IteratorResult<string>) => void) | undefined;
  const send = (value: string): void => {
    if (waiting === undefined) queue.push(value);
    else waiting({ done: false, value });
    waiting = undefined;
  };
  sources.add(send);
  const iterator: AsyncIterableIterator<string> = {
    next: () => {
      const value = queue.shift();
      if (value !== undefined) return Promise.resolve({ done: false, value });
      return new Promise((resolve) => (waiting = resolve));
    },
    return: () => {
      sources.delete(send);
      waiting?.({ done: true, value: undefined });
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
