/** What live connections may take of the server. */
export interface LiveLimits {
  /** All together; more are refused with HTTP 503. */
  readonly connections: number;
  /** At one time, of one connection; more are answered with an error. */
  readonly subscriptionsPerConnection: number;
  /** Of one message of a client; the connection is closed with 1009 for a larger one. */
  readonly messageBytes: number;
  /** From the opening to `connection_init`; then the connection is closed with 4408. */
  readonly initWithinMs: number;
  /** From one ping to the next; whoever has not answered one by the next is cut off. */
  readonly pingEveryMs: number;
  /** Sent and not yet taken by the network when more is to be sent; the connection is closed with 1013 for more. */
  readonly unsentBytes: number;
  /** For the client's half of closing; then the connection is cut off. */
  readonly closeWithinMs: number;
  /** The same while the server stops. */
  readonly stopWithinMs: number;
}

export const defaultLiveLimits: LiveLimits = {
  connections: 10_000,
  subscriptionsPerConnection: 20,
  messageBytes: 64 * 1024,
  initWithinMs: 5_000,
  pingEveryMs: 25_000,
  unsentBytes: 1024 * 1024,
  closeWithinMs: 5_000,
  stopWithinMs: 500,
};
