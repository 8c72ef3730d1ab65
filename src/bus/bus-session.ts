/** One life of the connections to a server, from connecting to the first fault. */
export interface BusSession {
  /** Connects and listens. */
  start(): Promise<void>;
  /** Gives messages to the server for everybody who listens, this session included. */
  send(payloads: readonly string[]): Promise<void>;
  /** Answered when every connection lives and has handed over all that the server had sent before. */
  ping(): Promise<void>;
  /** Closes every connection at once, whatever its state; work under way may fail or stay unanswered. */
  end(): Promise<void>;
}

export interface SessionEvents {
  onPayload(payload: string): void;
  /** A connection was lost; the session is of no more use. */
  onLost(reason: unknown): void;
}

export type OpenSession = (events: SessionEvents) => BusSession;
