import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { CloseCode, MessageType } from 'graphql-ws';
import type { Server } from 'graphql-ws';
import type { WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../lib/clock.js';
import { LIMIT_EXCEEDED } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { SECOND_MS } from '../lib/time.js';

/** Limits of WebSocket connections. */
export interface WebSocketLimits {
  /** Open connections. The gateway rejects further upgrades with HTTP 503. */
  readonly connections: number;
  /** Concurrent subscriptions of one connection. Further ones get an error. */
  readonly subscriptionsPerConnection: number;
  /** Bytes of one message from a client. A larger one closes the connection with 1009. */
  readonly messageBytes: number;
  /** Messages of a client in a window of 10 s. One more closes the connection with 1008. */
  readonly messagesPerWindow: number;
  /** Bytes of one message to a client. A larger result ends its subscription with an error. */
  readonly resultBytes: number;
  /** Milliseconds from opening to `connection_init`; then the connection is closed with 4408. */
  readonly initTimeoutMs: number;
  /** Milliseconds between pings. A client that sends nothing between two pings is disconnected. */
  readonly pingIntervalMs: number;
  /**
   * Messages that are not sent because the client does not read. One more closes the connection with 1013. Each
   * subscription has at most one, so only unread responses to the client's own messages reach this limit.
   */
  readonly unsentMessages: number;
  /** Milliseconds for the client's half of the closing handshake; then the connection is terminated. */
  readonly closeTimeoutMs: number;
  /** Milliseconds for the same during shutdown. */
  readonly shutdownTimeoutMs: number;
}

export const DEFAULT_WEBSOCKET_LIMITS: WebSocketLimits = {
  connections: 10_000,
  subscriptionsPerConnection: 20,
  messageBytes: 256 * 1024,
  messagesPerWindow: 1_000,
  resultBytes: 1024 * 1024,
  initTimeoutMs: 5_000,
  pingIntervalMs: 25_000,
  unsentMessages: 100,
  closeTimeoutMs: 5_000,
  shutdownTimeoutMs: 500,
};

/** Close codes of RFC 6455, section 7.4.1, and of its IANA registry. */
const UNSUPPORTED_DATA = 1003;
const POLICY_VIOLATION = 1008;
const TRY_AGAIN_LATER = 1013;

const MESSAGE_WINDOW_MS = 10 * SECOND_MS;

const SERVER_MESSAGES: ReadonlySet<unknown> = new Set([
  MessageType.ConnectionAck,
  MessageType.Next,
  MessageType.Error,
]);

export interface ConnectionOptions<Extra> {
  readonly server: Server<Extra>;
  /** Connection data for the server's hooks. */
  readonly extra: Extra;
  readonly limits: Pick<
    WebSocketLimits,
    'messagesPerWindow' | 'resultBytes' | 'unsentMessages' | 'closeTimeoutMs'
  >;
  readonly clock: Clock;
  /** Logs an unexpected error and returns the masked form for the client. */
  readonly mapError: (error: unknown) => GraphQLFormattedError;
  readonly logger: Pick<Logger, 'debug' | 'error'>;
}

/**
 * Connects graphql-ws to a socket. Closes the socket of a client that does not read, or that violates the protocol. A
 * failing operation gets its own error message and never closes the connection, because other subscriptions share it.
 */
export function connectSocket<Extra>(socket: WebSocket, options: ConnectionOptions<Extra>): void {
  const { server, extra, limits, mapError, logger, clock } = options;
  const logFailure = (error: unknown): void => logger.error({ err: error }, 'websocket connection failed');
  let unsent = 0;
  let received = 0;
  let windowStartMs = clock();

  /** Whether the client sends messages too fast. */
  const isFlooding = (): boolean => {
    const nowMs = clock();
    if (nowMs - windowStartMs >= MESSAGE_WINDOW_MS) {
      windowStartMs = nowMs;
      received = 0;
    }
    received += 1;
    return received > limits.messagesPerWindow;
  };
  const close = (code: number, reason: string): void => {
    socket.close(code, reason);
    const timer = setTimeout(() => socket.terminate(), limits.closeTimeoutMs).unref();
    socket.once('close', () => clearTimeout(timer));
  };
  const send = async (text: string): Promise<void> => {
    if (socket.readyState !== socket.OPEN) return;
    if (Buffer.byteLength(text) > limits.resultBytes) throw tooLarge(limits.resultBytes);
    if (unsent >= limits.unsentMessages) {
      logger.debug({ unsent }, 'closing slow websocket client: too many unsent messages');
      close(TRY_AGAIN_LATER, 'Messages are not read fast enough');
      return;
    }
    unsent += 1;
    // A failed send needs no handling, because the socket then emits its own close event.
    await new Promise<void>((resolve) => socket.send(text, () => resolve()));
    unsent -= 1;
  };
  const onHandlerError = async (text: string, error: unknown): Promise<void> => {
    const { type, id } = JSON.parse(text) as { readonly type?: unknown; readonly id?: unknown };
    if (SERVER_MESSAGES.has(type)) {
      close(CloseCode.BadRequest, 'Only a server sends messages of this type');
    } else if (type === MessageType.Subscribe) {
      await send(JSON.stringify({ id, type: MessageType.Error, payload: [mapError(error)] }));
    } else {
      logFailure(error);
      if (type !== MessageType.Complete) close(CloseCode.InternalServerError, 'Internal server error');
    }
  };

  const closed = server.opened(
    {
      protocol: socket.protocol,
      send,
      close: (code = CloseCode.InternalServerError, reason = '') => close(code, reason),
      onMessage: (handle) =>
        socket.on('message', (data, isBinary) => {
          if (isFlooding()) {
            close(POLICY_VIOLATION, 'Too many messages');
            return;
          }
          if (isBinary) {
            close(UNSUPPORTED_DATA, 'Only text messages are supported');
            return;
          }
          const text = (data as Buffer).toString();
          handle(text).catch((error: unknown) => onHandlerError(text, error).catch(logFailure));
        }),
    },
    extra,
  );
  // An invalid frame closes the socket with its own code, so nothing is left to handle here.
  socket.on('error', () => undefined);
  socket.once('close', (code, reason) => {
    logger.debug({ code }, 'websocket connection closed');
    closed(code, reason.toString()).catch(logFailure);
  });
}

function tooLarge(limit: number): GraphQLError {
  const message = `The result of this subscription exceeds ${limit} bytes. Subscribe to fewer markets or select fewer fields.`;
  return new GraphQLError(message, { extensions: { code: LIMIT_EXCEEDED } });
}

/**
 * Pings every client at an interval, and disconnects clients that sent nothing since the previous ping. Without pings, a
 * connection whose peer is gone would stay open indefinitely.
 *
 * @returns a function that stops the pings.
 */
export function startPings(sockets: WebSocketServer, intervalMs: number): () => void {
  const silent = new WeakSet<WebSocket>();
  sockets.on('connection', (socket) => {
    const onSign = (): void => void silent.delete(socket);
    socket.on('pong', onSign).on('message', onSign);
  });
  const timer = setInterval(() => {
    for (const socket of sockets.clients) {
      if (silent.has(socket)) {
        socket.terminate();
        continue;
      }
      silent.add(socket);
      socket.ping();
    }
  }, intervalMs).unref();
  return () => clearInterval(timer);
}
