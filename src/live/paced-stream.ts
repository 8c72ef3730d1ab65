export interface PacedStreamParts<Message> {
  /** What is to be told now, which thereby counts as told; undefined when there is nothing. */
  readonly take: () => Message | undefined;
  /** At least this long from one message to the next. */
  readonly pauseMs: number;
  /** Called once, when nobody listens any more. */
  readonly onEnd: () => void;
}

/**
 * The messages to one subscriber: the first at once, and after each a pause in which whatever comes is left to be told
 * together. A message is made only when the subscriber asks for one, so that nothing piles up for one who is slow.
 */
export class PacedStream<Message> implements AsyncIterableIterator<Message, undefined> {
  #asking: ((result: IteratorResult<Message, undefined>) => void) | undefined;
  #pause: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(private readonly deps: PacedStreamParts<Message>) {}

  /** Says that there may be something to tell. */
  wake(): void {
    if (this.#asking === undefined || this.#pause !== undefined) return;
    const value = this.deps.take();
    if (value === undefined) return;
    const answer = this.#asking;
    this.#asking = undefined;
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      this.wake();
    }, this.deps.pauseMs).unref();
    answer({ done: false, value });
  }

  /** Asks for the next message; not to be called again before it has come. */
  next(): Promise<IteratorResult<Message, undefined>> {
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#asking = resolve;
      this.wake();
    });
  }

  return(): Promise<IteratorResult<Message, undefined>> {
    if (!this.#ended) {
      this.#ended = true;
      clearTimeout(this.#pause);
      this.#asking?.({ done: true, value: undefined });
      this.#asking = undefined;
      this.deps.onEnd();
    }
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
