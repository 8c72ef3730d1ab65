import { CloseCode } from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { Authentication } from '../auth/authenticate.js';
import { rateIdOf, rateKeyOf, type Caller } from '../auth/rate-limits/caller.js';
import type { Viewer } from '../auth/viewer.js';
import { SECOND_MS } from '../lib/time.js';
import { ConnectionCounts } from './connection-counts.js';

const TRY_AGAIN_LATER = 1013;

/** Interval between checks of the credentials of open connections. */
const CHECK_EVERY_MS = SECOND_MS;

/** The connections with a viewer. Limits their number for each viewer, and closes each one when its credentials end. */
export class AdmittedConnections {
  readonly #viewers = new Map<WebSocket, Viewer>();
  readonly #ofViewer = new ConnectionCounts();
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly deps: {
      readonly authentication: Pick<Authentication, 'isValid'>;
      readonly limitPerViewer: () => number;
    },
  ) {
    this.#timer = setInterval(() => this.#closeInvalid(), CHECK_EVERY_MS).unref();
  }

  /** Admits a connection, or closes it because its viewer has too many. Returns whether it is admitted. */
  admit(socket: WebSocket, caller: Caller): boolean {
    // It may have closed while it was authorized.
    if (socket.readyState !== socket.OPEN) return false;
    const rateKey = rateKeyOf(caller);
    if (rateKey !== undefined) {
      const id = rateIdOf(rateKey);
      if (!this.#ofViewer.tryAdd(id, this.deps.limitPerViewer())) {
        socket.close(TRY_AGAIN_LATER, 'Too many connections');
        return false;
      }
      socket.once('close', () => this.#ofViewer.remove(id));
    }
    this.#viewers.set(socket, caller.viewer);
    socket.once('close', () => this.#viewers.delete(socket));
    return true;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #closeInvalid(): void {
    for (const [socket, viewer] of this.#viewers) {
      if (this.deps.authentication.isValid(viewer)) continue;
      socket.close(CloseCode.Forbidden, 'The credentials are no longer valid');
    }
  }
}
