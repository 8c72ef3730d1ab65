/** What one round of a relay read from the outbox. */
export interface RelayRound {
  /** Sequence numbers of the events that were read, ascending. */
  readonly read: readonly bigint[];
  /** Those that the round removes: delivered events and dead letters. */
  readonly settled: ReadonlySet<bigint>;
  /** Whether the outbox may hold events after those that were read. */
  readonly hasMore: boolean;
}

/**
 * The position of one sink's relay in the outbox. Removed rows stay in the index while any session holds an old snapshot,
 * so a relay that always reads from the start reads all of them each time. Events get their sequence number when they are
 * written but become visible at commit, so a low number can appear late. The cursor therefore advances to a number only
 * after every transaction that was writing to the outbox when the number was seen has ended.
 */
export class OutboxCursor {
  #position: bigint;
  /** The highest number seen. */
  #highest: bigint;
  /** No event up to this number can still appear. */
  #final: bigint;
  /** Its number becomes final when these transactions have ended. */
  #pending: { readonly seq: bigint; readonly writers: ReadonlySet<string> } | undefined;

  /** @param position as stored: every event up to it is delivered, and none can still appear. */
  constructor(position: bigint) {
    this.#position = position;
    this.#highest = position;
    this.#final = position;
  }

  /** Every event up to this number is delivered, and none can still appear: the next round reads from here. */
  get position(): bigint {
    return this.#position;
  }

  /**
   * Records the transactions that are writing to the outbox. Call it in each round before reading events: what committed
   * before this call is visible to the round.
   */
  observe(writers: readonly string[]): void {
    const writing = new Set(writers);
    if (this.#pending !== undefined) {
      const left = new Set([...this.#pending.writers].filter((writer) => writing.has(writer)));
      if (left.size > 0) {
        this.#pending = { seq: this.#pending.seq, writers: left };
        return;
      }
      this.#final = this.#pending.seq;
      this.#pending = undefined;
    }
    if (this.#highest === this.#final) return;
    if (writing.size === 0) this.#final = this.#highest;
    else this.#pending = { seq: this.#highest, writers: writing };
  }

  /** Advances after a round was committed. Do not call it for a round that was rolled back. */
  advance({ read, settled, hasMore }: RelayRound): void {
    const last = read.at(-1);
    const firstLeft = read.find((seq) => !settled.has(seq));
    let delivered = this.#final;
    if (firstLeft !== undefined) delivered = firstLeft - 1n;
    else if (hasMore && last !== undefined) delivered = last;
    const reached = delivered < this.#final ? delivered : this.#final;
    if (reached > this.#position) this.#position = reached;
    if (last !== undefined && last > this.#highest) this.#highest = last;
  }
}
