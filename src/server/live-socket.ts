import { ApolloServerErrorCode } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { CloseCode, MessageType } from 'graphql-ws';
import type { Server } from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { Logger } from '../lib/logger.js';
import type { LiveLimits } from './live-limits.js';

/** RFC 6455, section 7.4.1, and the registry that it opens. */
const UNSUPPORTED_DATA = 1003;
const TRY_AGAIN_LATER = 1013;

const SERVER_MESSAGES: ReadonlySet<unknown> = new Set([
  MessageType.ConnectionAck,
  MessageType.Next,
  MessageType.Error,
]);

export interface LiveSocketOptions<Extra> {
  readonly server: Server<Extra>;
  /** The connection data that the server's hooks receive. */
  readonly extra: Extra;
  readonly limits: Pick<LiveLimits, 'resultBytes' | 'unsentMessages' | 'closeWithinMs'>;
  /** Logs an unexpected error and returns the masked form for the client. */
  readonly mapError: (error: unknown) => GraphQLFormattedError;
  readonly logger: Pick<Logger, 'debug' | 'error'>;
}

/**
 * Connects graphql-ws to a socket. Closes the socket of a client that does not read, or that breaks the protocol. A
 * failing operation gets an error message of its own and never closes the connection, which others share.
 */
export function speakOver<Extra>(socket: WebSocket, options: LiveSocketOptions<Extra>): void {
  const { server, extra, limits, mapError, logger } = options;
  const onFault = (error: unknown): void => logger.error({ err: error }, 'websocket connection failed');
  let unsent = 0;

  const close = (code: number, reason: string): void => {
    socket.close(code, reason);
    const cutOff = setTimeout(() => socket.terminate(), limits.closeWithinMs).unref();
    socket.once('close', () => clearTimeout(cutOff));
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
    // A failed send needs no handling: the socket then emits its own close event.
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
      onFault(error);
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
          if (isBinary) {
            close(UNSUPPORTED_DATA, 'Only text messages are understood');
            return;
          }
          const text = (data as Buffer).toString();
          handle(text).catch((error: unknown) => onHandlerError(text, error).catch(onFault));
        }),
    },
    extra,
  );
  // An invalid frame closes the socket with its own code; nothing is left to handle here.
  socket.on('error', () => undefined);
  socket.once('close', (code, reason) => {
    logger.debug({ code }, 'websocket connection closed');
    closed(code, reason.toString()).catch(onFault);
  });
}

function tooLarge(limit: number): GraphQLError {
  const message = `The result of this subscription is larger than ${limit} bytes. Follow fewer markets or select fewer fields.`;
  return new GraphQLError(message, { extensions: { code: ApolloServerErrorCode.BAD_REQUEST } });
}
