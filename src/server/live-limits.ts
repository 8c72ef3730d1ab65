/** Limits of WebSocket connections. */
export interface LiveLimits {
  /** Open connections; further upgrades are answered with HTTP 503. */
  readonly connections: number;
  /** Concurrent subscriptions of one connection; further ones are answered with an error. */
  readonly subscriptionsPerConnection: number;
  /** Bytes of one message from a client; a larger one closes the connection with 1009. */
  readonly messageBytes: number;
  /** Bytes of one message to a client; a larger result ends its subscription with an error. */
  readonly resultBytes: number;
  /** Milliseconds from opening to `connection_init`; then the connection is closed with 4408. */
  readonly initWithinMs: number;
  /** Milliseconds between pings; a client that has not answered one by the next is disconnected. */
  readonly pingEveryMs: number;
  /**
   * Messages that the client has not taken from the network; one more closes the connection with 1013. Each
   * subscription has at most one, so only unread answers to the client's own messages reach this limit.
   */
  readonly unsentMessages: number;
  /** Milliseconds for the client's half of the closing handshake; then the connection is cut. */
  readonly closeWithinMs: number;
  /** The same while the server stops, in milliseconds. */
  readonly stopWithinMs: number;
}

export const defaultLiveLimits: LiveLimits = {
  connections: 10_000,
  subscriptionsPerConnection: 20,
  messageBytes: 256 * 1024,
  resultBytes: 1024 * 1024,
  initWithinMs: 5_000,
  pingEveryMs: 25_000,
  unsentMessages: 100,
  closeWithinMs: 5_000,
  stopWithinMs: 500,
};
