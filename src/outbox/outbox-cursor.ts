/** What a round took from the outbox. */
export interface TakenRound {
  /** Numbers of the events that were taken, ascending. */
  readonly taken: readonly bigint[];
  /** Those of them that are removed now. */
  readonly settled: ReadonlySet<bigint>;
  /** Whether there may be more events after those that were taken. */
  readonly more: boolean;
}

/**
 * How far the relay of one sink is in the outbox. Removed rows stay in the index while any session holds an old snapshot,
 * so a relay that always reads from the start reads all of them each time. Events are numbered when they are written but
 * appear when they are committed, so one with a low number can appear late. The cursor therefore advances to a number
 * only after every transaction that wrote to the outbox when the number was seen has ended.
 */
export class OutboxCursor {
  #position: bigint;
  /** The highest number seen. */
  #highest: bigint;
  /** No event up to this number can still appear. */
  #final: bigint;
  /** Becomes final when these transactions have ended. */
  #pending: { readonly seq: bigint; readonly writers: ReadonlySet<string> } | undefined;

  /** @param position as stored: every event up to it is delivered, and none can still appear. */
  constructor(position: bigint) {
    this.#position = position;
    this.#highest = position;
    this.#final = position;
  }

  /** Every event up to this number is delivered, and none can still appear: the next round takes from here on. */
  get position(): bigint {
    return this.#position;
  }

  /**
   * Notes the transactions that write to the outbox now. Call it in each round before events are taken: what ended
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

  /** Advances after a round was committed. A round that was rolled back must not be reported. */
  advance({ taken, settled, more }: TakenRound): void {
    const last = taken.at(-1);
    const firstLeft = taken.find((seq) => !settled.has(seq));
    let delivered = this.#final;
    if (firstLeft !== undefined) delivered = firstLeft - 1n;
    else if (more && last !== undefined) delivered = last;
    const reached = delivered < this.#final ? delivered : this.#final;
    if (reached > this.#position) this.#position = reached;
    if (last !== undefined && last > this.#highest) this.#highest = last;
  }
}
