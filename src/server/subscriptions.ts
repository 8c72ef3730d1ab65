import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { getOperationAST, GraphQLError, type ExecutionArgs, type GraphQLSchema } from 'graphql';
import { CloseCode, handleProtocols, makeServer } from 'graphql-ws';
import type { Server, SubscribePayload } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { networkOf, type Caller } from '../auth/rate-limits/caller.js';
import { countFailedAuthentication } from '../auth/rate-limits/failed-authentication.js';
import type { RankingConfig } from '../config/schema/ranking-schema.js';
import { rejectionCost } from '../graphql/rules/operation-cost.js';
import { rateLimited } from '../graphql/rules/rate-limited.js';
import type { Clock } from '../lib/clock.js';
import { LIMIT_EXCEEDED } from '../lib/errors.js';
import type { AuthorizeConnection } from '../auth/authorize-connection.js';
import type { Authentication } from '../auth/authenticate.js';
import type { Viewer } from '../auth/viewer.js';
import type { ErrorMapper } from '../graphql/errors.js';
import { OperationAccess } from '../graphql/rules/operation-access.js';
import { executeSubscription, SubscriptionValidator } from '../graphql/subscription-execution.js';
import type { Logger } from '../lib/logger.js';
import { AdmittedConnections } from './admitted-connections.js';
import type { CallerLimits } from './caller-limits.js';
import { ConnectionCounts } from './connection-counts.js';
import { namedDocument } from './document-ids.js';
import type { GraphQLParameters } from './graphql-parameters.js';
import {
  rejectUpgrade,
  TOO_MANY_CONNECTIONS,
  TOO_MANY_OF_ADDRESS,
  upgradeRejection,
  type UpgradeRejection,
} from './upgrade-rejection.js';
import {
  connectSocket,
  DEFAULT_WEBSOCKET_LIMITS,
  startPings,
  type WebSocketLimits,
} from './websocket-connection.js';

const PATH = '/graphql';
const GOING_AWAY = 1001;

/** A close code of the protocol, after which its clients do not reconnect. */
const RATE_LIMITED = CloseCode.TooManyInitialisationRequests;

export interface SubscriptionOptions<TContext extends object> {
  readonly schema: GraphQLSchema;
  /** Creates the context of the resolvers, once per event. */
  readonly buildContext: (request: IncomingMessage, viewer: Viewer) => TContext;
  readonly authorize: AuthorizeConnection;
  readonly mapError: ErrorMapper;
  readonly logger: Logger;
  /** While the gateway is open, upgrades whose Host header does not name this machine are rejected. */
  readonly authentication: Pick<Authentication, 'isOpen' | 'isValid'>;
  /** Origins, such as `https://example.org`, that may connect in addition to the host itself. Default none. */
  readonly allowedOrigins?: readonly string[];
  readonly limits?: Partial<WebSocketLimits>;
  readonly callerLimits: CallerLimits;
  /** Connections of an address and of a viewer. Development mode has no such limit. */
  readonly socketLimits: () => Pick<RankingConfig['rateLimits'], 'socketsPerAddress' | 'socketsPerViewer'>;
  readonly clock: Clock;
}

/** State of one connection. */
interface Connection {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly address: string;
  /** Set once the connection is authorized. */
  viewer?: Viewer;
}

/**
 * Serves subscriptions at `/graphql` by the GraphQL over WebSocket protocol (graphql-transport-ws), with the same
 * validation and errors as HTTP. Closing the server closes the connections with 1001.
 */
export function registerSubscriptions<TContext extends object>(
  app: FastifyInstance,
  options: SubscriptionOptions<TContext>,
): void {
  const { logger, authentication, callerLimits, clock, allowedOrigins = [] } = options;
  const limits = { ...DEFAULT_WEBSOCKET_LIMITS, ...options.limits };
  const admitted = new AdmittedConnections({
    authentication,
    limitPerViewer: () => options.socketLimits().socketsPerViewer,
  });
  const server = createProtocolServer(options, limits, admitted);
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.messageBytes,
    handleProtocols,
  });
  const stopPings = startPings(sockets, limits.pingIntervalMs);
  const ofAddress = new ConnectionCounts();
  let closing = false;

  const rejectionOf = (request: IncomingMessage, network: string): UpgradeRejection | undefined => {
    const policy = { path: PATH, loopbackOnly: authentication.isOpen, allowedOrigins };
    const rejection = upgradeRejection(request, policy);
    if (rejection !== undefined) return rejection;
    if (closing || sockets.clients.size >= limits.connections) return TOO_MANY_CONNECTIONS;
    const limit = authentication.isOpen ? Infinity : options.socketLimits().socketsPerAddress;
    return ofAddress.tryAdd(network, limit) ? undefined : TOO_MANY_OF_ADDRESS;
  };

  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const address = callerLimits.addressOf(request);
    const network = networkOf(address);
    const rejection = rejectionOf(request, network);
    if (rejection !== undefined) {
      logger.debug(
        { status: rejection.status, host: request.headers.host, origin: request.headers.origin },
        'websocket upgrade rejected',
      );
      rejectUpgrade(socket, rejection);
      return;
    }
    // The socket also closes if the handshake fails.
    socket.once('close', () => ofAddress.remove(network));
    sockets.handleUpgrade(request, socket, head, (opened) => {
      sockets.emit('connection', opened, request);
      connectSocket(opened, {
        server,
        extra: { socket: opened, request, address },
        limits,
        mapError: options.mapError,
        ...{ logger, clock },
      });
    });
  });
  app.addHook('preClose', async () => {
    closing = true;
    stopPings();
    admitted.stop();
    await closeAll(sockets, limits.shutdownTimeoutMs);
  });
}

function createProtocolServer<TContext extends object>(
  options: SubscriptionOptions<TContext>,
  limits: WebSocketLimits,
  admitted: AdmittedConnections,
): Server<Connection> {
  const { buildContext, authorize, mapError } = options;
  const access = new OperationAccess(options.schema);
  const validator = new SubscriptionValidator(options.schema, access);
  const viewerOf = ({ viewer }: Connection): Viewer => {
    if (viewer === undefined) throw new Error('A subscription requires an authorized connection.');
    return viewer;
  };

  return makeServer<Record<string, unknown> | undefined, Connection>({
    connectionInitWaitTimeout: limits.initTimeoutMs,
    onConnect: async ({ connectionParams, extra }) => {
      const { viewer, rejected } = await authorize(connectionParams ?? {}, extra.request);
      if (rejected === 'UNAUTHENTICATED') {
        const state = await countFailedAuthentication(options.callerLimits.rates, extra.address);
        if (state?.isAllowed === false) extra.socket.close(RATE_LIMITED, 'Too many invalid credentials');
        else extra.socket.close(CloseCode.Unauthorized, 'Unauthorized');
      }
      if (viewer === undefined) return false;
      if (!admitted.admit(extra.socket, { viewer, address: extra.address })) return false;
      extra.viewer = viewer;
      return true;
    },
    onSubscribe: async ({ subscriptions, extra }, _id, payload) => {
      if (Object.keys(subscriptions).length > limits.subscriptionsPerConnection) {
        const message = `This connection has reached its limit of ${limits.subscriptionsPerConnection} subscriptions. Complete one, or open another connection.`;
        return [new GraphQLError(message, { extensions: { code: LIMIT_EXCEEDED } })];
      }
      const caller = { viewer: viewerOf(extra), address: extra.address };
      const result = await argumentsOf(payload, caller, validator, options.callerLimits);
      return 'schema' in result ? { ...result, contextValue: extra } : result;
    },
    subscribe: (args: ExecutionArgs) => {
      const connection = args.contextValue as Connection;
      return executeSubscription(args, () => buildContext(connection.request, viewerOf(connection)));
    },
    onNext: ({ extra }, _id, _payload, { document, operationName }, { data, errors }) => {
      const operation = getOperationAST(document, operationName);
      if (operation) access.hide(document, operation, viewerOf(extra), data);
      return {
        ...(data === undefined ? {} : { data }),
        ...(errors === undefined ? {} : { errors: errors.map(mapError) }),
      };
    },
    onError: (_context, _id, _payload, errors) => errors.map(mapError),
  });
}

/** Returns the arguments of a request that is valid and within the limits of its caller, or its errors. */
async function argumentsOf(
  payload: SubscribePayload & Pick<GraphQLParameters, 'documentId'>,
  caller: Caller,
  validator: SubscriptionValidator,
  { rates, documents }: CallerLimits,
): Promise<ExecutionArgs | readonly GraphQLError[]> {
  const exhausted = rates.exhausted(caller);
  if (exhausted !== undefined) return [rateLimited(exhausted)];
  const named = namedDocument(payload, documents);
  if (named instanceof GraphQLError) return [named];
  const query = named ?? payload.query;
  const untrusted = documents.check(caller.viewer, query);
  if (untrusted !== undefined) {
    return [new GraphQLError(untrusted.message, { originalError: untrusted })];
  }
  const result = validator.validate({ ...payload, query }, caller.viewer);
  const cost = 'args' in result ? result.cost : rejectionCost(query);
  const state = await rates.consume(caller, cost);
  if (state?.isAllowed === false) return [rateLimited(state)];
  return 'args' in result ? result.args : result;
}

/** Closes all connections with 1001, and terminates those that do not complete the closing handshake in time. */
async function closeAll(sockets: WebSocketServer, timeoutMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => sockets.close(() => resolve()));
  for (const socket of sockets.clients) socket.close(GOING_AWAY, 'Going away');
  const timer = setTimeout(() => {
    for (const socket of sockets.clients) socket.terminate();
  }, timeoutMs);
  await closed;
  clearTimeout(timer);
}
