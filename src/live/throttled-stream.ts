export interface ThrottledStreamOptions<Message> {
  /** Takes everything pending as one message; undefined if nothing is pending. */
  readonly takePending: () => Message | undefined;
  /** Minimum time between two messages. */
  readonly intervalMs: number;
  /** Called once, when the subscriber ends the stream. */
  readonly onEnd: () => void;
}

/**
 * Messages to one subscriber: the first one immediately, then at most one per interval, which combines everything that
 * became pending meanwhile. A message is built only when the subscriber requests it, so nothing queues up for a slow
 * subscriber.
 */
export class ThrottledStream<Message> implements AsyncIterableIterator<Message, undefined> {
  #waiting: ((result: IteratorResult<Message, undefined>) => void) | undefined;
  #interval: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(private readonly options: ThrottledStreamOptions<Message>) {}

  /** Sends the pending message if the subscriber waits for one and the interval has passed. */
  notify(): void {
    if (this.#waiting === undefined || this.#interval !== undefined) return;
    const value = this.options.takePending();
    if (value === undefined) return;
    const resolve = this.#waiting;
    this.#waiting = undefined;
    this.#interval = setTimeout(() => {
      this.#interval = undefined;
      this.notify();
    }, this.options.intervalMs).unref();
    resolve({ done: false, value });
  }

  /** Requests the next message. Must not be called again before it has resolved. */
  next(): Promise<IteratorResult<Message, undefined>> {
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#waiting = resolve;
      this.notify();
    });
  }

  return(): Promise<IteratorResult<Message, undefined>> {
    if (!this.#ended) {
      this.#ended = true;
      clearTimeout(this.#interval);
      this.#waiting?.({ done: true, value: undefined });
      this.#waiting = undefined;
      this.options.onEnd();
    }
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** Streams notified in one turn of the event loop, so that other requests wait only a few milliseconds. */
const STREAMS_PER_TURN = 50;

/** Notifies streams in order, some in each turn of the event loop, so that many subscribers do not delay requests. */
export function notifyInTurns(streams: Iterable<Pick<ThrottledStream<unknown>, 'notify'>>): void {
  const rest = streams[Symbol.iterator]();
  const turn = (): void => {
    for (let count = 0; count < STREAMS_PER_TURN; count++) {
      const next = rest.next();
      if (next.done === true) return;
      next.value.notify();
    }
    setImmediate(turn);
  };
  turn();
}
