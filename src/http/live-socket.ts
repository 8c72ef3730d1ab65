import { CloseCode, MessageType } from 'graphql-ws';
import type { Server } from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { Logger } from '../observability/logger.js';
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
  /** What the server's hooks get to know of the connection. */
  readonly extra: Extra;
  readonly limits: Pick<LiveLimits, 'unsentBytes' | 'closeWithinMs'>;
  readonly logger: Pick<Logger, 'debug' | 'error'>;
}

/** Lets graphql-ws speak over a socket, and closes the socket of whoever does not read or says what cannot be read. */
export function speakOver<Extra>(socket: WebSocket, options: LiveSocketOptions<Extra>): void {
  const { server, extra, limits, logger } = options;
  const onFault = (error: unknown): void => logger.error({ err: error }, 'a live connection failed');

  const close = (code: number, reason: string): void => {
    socket.close(code, reason);
    const cutOff = setTimeout(() => socket.terminate(), limits.closeWithinMs).unref();
    socket.once('close', () => clearTimeout(cutOff));
  };
  const send = (text: string): Promise<void> => {
    if (socket.readyState !== socket.OPEN) return Promise.resolve();
    if (socket.bufferedAmount > limits.unsentBytes) {
      logger.debug({ unsentBytes: socket.bufferedAmount }, 'a live connection is closed that does not read');
      close(TRY_AGAIN_LATER, 'Messages are not read fast enough');
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      // What cannot be sent any more is of no interest: that the socket closes is told by itself.
      socket.send(text, () => resolve());
    });
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
          handle(text).catch((error: unknown) => {
            if (isOfServer(text)) {
              close(CloseCode.BadRequest, 'Only a server sends messages of this type');
              return;
            }
            onFault(error);
            close(CloseCode.InternalServerError, 'Internal server error');
          });
        }),
    },
    extra,
  );
  // What is wrong with a message closes the socket with the code that says so.
  socket.on('error', () => undefined);
  socket.once('close', (code, reason) => {
    logger.debug({ code }, 'live connection closed');
    closed(code, reason.toString()).catch(onFault);
  });
}

function isOfServer(text: string): boolean {
  const message = JSON.parse(text) as { readonly type?: unknown };
  return SERVER_MESSAGES.has(message.type);
}
