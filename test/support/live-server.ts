import type { AddressInfo } from 'node:net';
import {
  GraphQLInt,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  type GraphQLFieldConfig,
} from 'graphql';
import type { AuthorizeConnection, Viewer } from '../../src/auth/authorize-connection.js';
import { createHttpServer, type HttpServer } from '../../src/server/server.js';
import type { WebSocketLimits } from '../../src/server/websocket-connection.js';
import { registerSubscriptions } from '../../src/server/subscriptions.js';
import { recordingLogger } from './log-lines.js';

interface LiveContext {
  /** Counts the contexts made, from 1. */
  readonly number: number;
  readonly viewer: Viewer | 'HTTP';
}

/** The server with live connections over a schema of tests. */
export interface LiveServer extends HttpServer {
  readonly url: string;
  readonly lines: readonly Record<string, unknown>[];
  /** How many subscriptions to `beats` there are. */
  readonly listeners: () => number;
  /** Makes every subscription to `beats` tell something. */
  readonly beat: (value?: string) => void;
}

export interface LiveServerOptions {
  readonly authorize?: AuthorizeConnection;
  readonly limits?: Partial<WebSocketLimits>;
  readonly allowedOrigins?: readonly string[];
}

export async function startLiveServer(options: LiveServerOptions = {}): Promise<LiveServer> {
  const beats = new Set<(value: string) => void>();
  const { logger, lines } = recordingLogger();
  const schema = createSchema(beats);
  let contexts = 0;
  const context = (viewer: Viewer | 'HTTP'): LiveContext => ({ number: ++contexts, viewer });
  const server = await createHttpServer<LiveContext>({
    ...{ schema, logger, production: true, checks: {} },
    buildContext: () => context('HTTP'),
    newRequestId: () => 'an id',
  });
  registerSubscriptions<LiveContext>(server.app, {
    ...{ schema, logger, mapError: server.mapError },
    buildContext: (_request, viewer) => context(viewer),
    authorize: () => ({ viewer: { role: 'OPEN' } }),
    ...options,
  });
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = server.app.server.address() as AddressInfo;
  return {
    ...server,
    url: `http://127.0.0.1:${port}`,
    lines,
    listeners: () => beats.size,
    beat: (value = 'beat') => {
      for (const tell of beats) tell(value);
    },
  };
}

function createSchema(beats: Set<(value: string) => void>): GraphQLSchema {
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
  const events: Record<string, GraphQLFieldConfig<string, LiveContext>> = {
    beats: { type: text, subscribe: () => listen(beats), resolve: (value) => value },
    large: {
      type: text,
      args: { bytes: { type: new GraphQLNonNull(GraphQLInt) } },
      subscribe: () => listen(beats),
      resolve: (_value, { bytes }: { bytes?: number }) => 'x'.repeat(bytes ?? 0),
    },
    context: {
      type: text,
      subscribe: () => listen(beats),
      resolve: (_value, _args, { number, viewer }) => JSON.stringify({ number, viewer }),
    },
    noEvents: { type: text, subscribe: () => 'not an event source' },
    crashOnEnd: {
      type: text,
      subscribe: () => ({ ...listen(beats), return: () => Promise.reject(new Error('secret')) }),
    },
    crashAtOnce: { type: text, subscribe: crash },
    crashLater: { type: text, subscribe: () => listen(beats), resolve: crash },
    nested: { type: self, subscribe: () => listen(beats), resolve: () => ({}) },
  };
  return new GraphQLSchema({
    query: new GraphQLObjectType({ name: 'Query', fields: { ok: { type: text, resolve: () => 'ok' } } }),
    subscription: new GraphQLObjectType({ name: 'Subscription', fields: events }),
  });
}

/** Every beat, of which those that nobody asks for yet are kept. */
function listen(beats: Set<(value: string) => void>): AsyncIterableIterator<string> {
  const kept: string[] = [];
  let ask: ((result: IteratorResult<string>) => void) | undefined;
  const tell = (value: string): void => {
    if (ask === undefined) kept.push(value);
    else ask({ done: false, value });
    ask = undefined;
  };
  beats.add(tell);
  const iterator: AsyncIterableIterator<string> = {
    next: () => {
      const value = kept.shift();
      if (value !== undefined) return Promise.resolve({ done: false, value });
      return new Promise((resolve) => (ask = resolve));
    },
    return: () => {
      beats.delete(tell);
      ask?.({ done: true, value: undefined });
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
