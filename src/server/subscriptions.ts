import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { GraphQLError, type ExecutionArgs, type GraphQLSchema } from 'graphql';
import { CloseCode, handleProtocols, makeServer } from 'graphql-ws';
import type { Server } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import type { AuthorizeConnection, Viewer } from '../auth/authorize-connection.js';
import type { ErrorMapper } from '../graphql/errors.js';
import { subscribe } from '../graphql/subscribe.js';
import { SubscriptionRequests } from '../graphql/subscription-requests.js';
import type { Logger } from '../lib/logger.js';
import { keepAlive } from './keep-alive.js';
import { defaultLiveLimits, type LiveLimits } from './live-limits.js';
import { speakOver } from './live-socket.js';
import { refuseUpgrade, TOO_MANY_CONNECTIONS, upgradeFault } from './upgrade-refusal.js';

const PATH = '/graphql';
const GOING_AWAY = 1001;

export interface SubscriptionOptions<TContext extends object> {
  readonly schema: GraphQLSchema;
  /** What the resolvers of one event get; asked for each event anew. */
  readonly buildContext: (request: IncomingMessage, viewer: Viewer) => TContext;
  readonly authorize: AuthorizeConnection;
  readonly mapError: ErrorMapper;
  readonly logger: Logger;
  /** Whether to refuse upgrades whose Host header does not name this machine. Default true. */
  readonly loopbackOnly?: boolean;
  /** Origins, such as `https://example.org`, whose pages may connect besides those of this host itself. Default none. */
  readonly allowedOrigins?: readonly string[];
  readonly limits?: Partial<LiveLimits>;
}

/** What is known of one connection. */
interface Connection {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  /** Once the connection is let in. */
  viewer?: Viewer;
}

/**
 * Serves subscriptions at `/graphql` by the GraphQL over WebSocket protocol (graphql-transport-ws), with the same checks
 * and the same errors as HTTP. When the server closes, so do the connections, with 1001.
 */
export function registerSubscriptions<TContext extends object>(
  app: FastifyInstance,
  options: SubscriptionOptions<TContext>,
): void {
  const { logger, loopbackOnly = true, allowedOrigins = [] } = options;
  const limits = { ...defaultLiveLimits, ...options.limits };
  const policy = { path: PATH, loopbackOnly, allowedOrigins };
  const server = createProtocolServer(options, limits);
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.messageBytes,
    handleProtocols,
  });
  const endKeepAlive = keepAlive(sockets, limits.pingEveryMs);
  let stopping = false;

  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const isFull = stopping || sockets.clients.size >= limits.connections;
    const fault = upgradeFault(request, policy) ?? (isFull ? TOO_MANY_CONNECTIONS : undefined);
    if (fault !== undefined) {
      logger.debug(
        { status: fault.status, host: request.headers.host, origin: request.headers.origin },
        'upgrade refused',
      );
      refuseUpgrade(socket, fault);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (opened) => {
      sockets.emit('connection', opened, request);
      speakOver(opened, {
        server,
        extra: { socket: opened, request },
        limits,
        mapError: options.mapError,
        logger,
      });
    });
  });
  app.addHook('preClose', async () => {
    stopping = true;
    endKeepAlive();
    await closeAll(sockets, limits.stopWithinMs);
  });
}

function createProtocolServer<TContext extends object>(
  options: SubscriptionOptions<TContext>,
  limits: LiveLimits,
): Server<Connection> {
  const { buildContext, authorize, mapError } = options;
  const requests = new SubscriptionRequests(options.schema);
  const contextOf = ({ request, viewer }: Connection): TContext => {
    if (viewer === undefined) throw new Error('Nobody subscribes before the connection is let in.');
    return buildContext(request, viewer);
  };

  return makeServer<Record<string, unknown> | undefined, Connection>({
    connectionInitWaitTimeout: limits.initWithinMs,
    onConnect: async ({ connectionParams, extra }) => {
      const { viewer, refused } = await authorize(connectionParams ?? {}, extra.request);
      if (refused === 'UNAUTHENTICATED') extra.socket.close(CloseCode.Unauthorized, 'Unauthorized');
      if (viewer === undefined) return false;
      extra.viewer = viewer;
      return true;
    },
    onSubscribe: ({ subscriptions, extra }, _id, payload) => {
      if (Object.keys(subscriptions).length > limits.subscriptionsPerConnection) {
        const message = `A connection may have at most ${limits.subscriptionsPerConnection} subscriptions at a time.`;
        return [new GraphQLError(message, { extensions: { code: 'BAD_REQUEST' } })];
      }
      const checked = requests.check(payload);
      return 'schema' in checked ? { ...checked, contextValue: extra } : checked;
    },
    subscribe: (args: ExecutionArgs) => subscribe(args, () => contextOf(args.contextValue as Connection)),
    onNext: (_context, _id, _payload, _args, { data, errors }) => ({
      ...(data === undefined ? {} : { data }),
      ...(errors === undefined ? {} : { errors: errors.map(mapError) }),
    }),
    onError: (_context, _id, _payload, errors) => errors.map(mapError),
  });
}

/** Says goodbye to everybody, and cuts off who does not answer in time. */
async function closeAll(sockets: WebSocketServer, withinMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => sockets.close(() => resolve()));
  for (const socket of sockets.clients) socket.close(GOING_AWAY, 'Going away');
  const cutOff = setTimeout(() => {
    for (const socket of sockets.clients) socket.terminate();
  }, withinMs);
  await closed;
  clearTimeout(cutOff);
}
