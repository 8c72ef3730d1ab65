import type { Logger } from '../lib/logger.js';
import { backoffMs } from '../lib/retry.js';
import { MINUTE_MS, SECOND_MS } from '../lib/time.js';
import { completesWithin } from '../lib/timeout.js';
import type { OutboxRepository, OutboxRow } from '../storage/events/outbox-repository.js';
import { OutboxCursor, type RelayRound } from './outbox-cursor.js';
import type { OutgoingEvent } from './sinks/outgoing-event.js';
import { SinkFailure, type Delivery, type Sink } from './sinks/sink.js';

/** The repositories of the transaction around a delivery. */
export interface RelayTransaction {
  readonly outbox: Pick<
    OutboxRepository,
    'lock' | 'position' | 'savePosition' | 'writers' | 'take' | 'remove'
  >;
}

/** An event that a sink rejected permanently. */
export interface DeadLetter {
  readonly sink: string;
  readonly row: OutboxRow;
  readonly reason: string;
}

export interface SinkRelayDeps<Transaction extends RelayTransaction> {
  readonly sink: Sink;
  readonly store: { transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> };
  readonly toOutgoing: (row: OutboxRow) => OutgoingEvent;
  /** Stores dead letters, in the transaction that removes them from the outbox. */
  readonly onDeadLetters: (letters: readonly DeadLetter[], transaction: Transaction) => Promise<void>;
  readonly batchSize: number;
  /** Returns a number r with 0 ≤ r < 1. */
  readonly random: () => number;
  readonly logger: Logger;
}

/** Delay after a failed delivery. Up to half of it is subtracted at random, so that replicas do not retry together. */
const BACKOFF = { initialMs: 250, maxMs: 30 * SECOND_MS };

/** Interval for polling the outbox when nothing wakes the relay. */
const POLL_MS = SECOND_MS;

/** Upper bound of the delay that a sink may ask for. */
const MAX_RETRY_AFTER_MS = 10 * MINUTE_MS;

/** Time for rolling back the transaction of a delivery that is aborted at shutdown. */
const ROLLBACK_MS = SECOND_MS;

/** The position of a sink is stored once per so many numbers; a relay that takes over rereads at most as many rows. */
const SAVE_EVERY = 5_000n;

const NOTHING: Delivery = { delivered: [], rejected: [], failure: undefined };

interface RoundResult {
  readonly read: number;
  readonly settled: number;
  /** Whether the relay of another replica holds the lock of this sink. */
  readonly isLocked: boolean;
  readonly failure: unknown;
}

/**
 * Delivers events from the outbox to one sink, at least once. The transaction that reads the events removes them after the
 * sink has accepted them, so a failure in between repeats the delivery. The relays of several replicas take turns.
 */
export class SinkRelay<Transaction extends RelayTransaction> {
  #isStopping = false;
  #isWoken = false;
  #pause: { readonly endsOnWake: boolean; readonly end: () => void } | undefined;
  #work: Promise<void> = Promise.resolve();
  /** Undefined before the first round, and after the relay of another replica had a turn. */
  #cursor: OutboxCursor | undefined;
  #savedPosition = 0n;

  constructor(private readonly deps: SinkRelayDeps<Transaction>) {}

  start(): void {
    this.#work = this.#run();
  }

  /** Signals new events. Without it, the relay finds them within a second. */
  wake(): void {
    this.#isWoken = true;
    if (this.#pause?.endsOnWake === true) this.#pause.end();
  }

  /**
   * Waits for a delivery in progress, and closes the sink.
   *
   * @param withinMs time after which the delivery is aborted; its events are delivered again after the next start.
   */
  async stop(withinMs: number): Promise<void> {
    this.#isStopping = true;
    this.#pause?.end();
    await completesWithin(this.#work, withinMs);
    await this.deps.sink.close();
    await completesWithin(this.#work, ROLLBACK_MS);
  }

  async #run(): Promise<void> {
    const { sink, batchSize, random, logger } = this.deps;
    let failures = 0;
    while (!this.#isStopping) {
      this.#isWoken = false;
      const { read, settled, isLocked, failure } = await this.#round();
      if (failure !== undefined) {
        // A sink that accepts some events each time is slow rather than down.
        failures = settled > 0 ? 1 : failures + 1;
        const isSinkFailure = failure instanceof SinkFailure;
        const retryAfterMs = isSinkFailure ? (failure.retryAfterMs ?? 0) : 0;
        const delayMs = backoffMs(failures, BACKOFF, 1 - random() / 2);
        const waitMs = Math.max(delayMs, Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
        logger.warn(
          { err: failure, sink: sink.name, failures, waitMs },
          isSinkFailure
            ? 'failed to deliver events to sink; retrying'
            : 'failed to read the outbox; retrying',
        );
        await this.#waitFor(waitMs, false);
        continue;
      }
      if (failures > 0) logger.info({ sink: sink.name }, 'sink accepts events again');
      failures = 0;
      const hasMore = read === batchSize || settled < read;
      if (!hasMore) await this.#waitFor(POLL_MS, !isLocked);
    }
  }

  async #round(): Promise<RoundResult> {
    try {
      const { result, round } = await this.deps.store.transaction((transaction) => this.#relay(transaction));
      if (round !== undefined) this.#cursor?.advance(round);
      return result;
    } catch (failure) {
      return { read: 0, settled: 0, isLocked: false, failure };
    }
  }

  async #relay(transaction: Transaction): Promise<{ result: RoundResult; round?: RelayRound }> {
    const { sink, batchSize } = this.deps;
    const { outbox } = transaction;
    if (!(await outbox.lock(sink.name))) {
      this.#cursor = undefined;
      return { result: { read: 0, settled: 0, isLocked: true, failure: undefined } };
    }
    const cursor = await this.#cursorFor(outbox);
    cursor.observe(await outbox.writers());
    const rows = await outbox.take(sink.name, cursor.position, batchSize);
    const delivery = rows.length === 0 ? NOTHING : await this.#deliver(rows);
    const settled = await this.#settle(transaction, rows, delivery);
    const failure =
      rows.length > 0 && settled.size === 0 && delivery.failure === undefined
        ? new SinkFailure('The sink accepted no event and reported no failure.')
        : delivery.failure;
    return {
      result: { read: rows.length, settled: settled.size, isLocked: false, failure },
      round: { read: rows.map(({ seq }) => seq), settled, hasMore: rows.length === batchSize },
    };
  }

  /** The cursor of this relay, created from the stored position. Stores the position once per {@link SAVE_EVERY}. */
  async #cursorFor(outbox: RelayTransaction['outbox']): Promise<OutboxCursor> {
    const { name } = this.deps.sink;
    if (this.#cursor === undefined) {
      this.#cursor = new OutboxCursor(await outbox.position(name));
      this.#savedPosition = this.#cursor.position;
    } else if (this.#cursor.position - this.#savedPosition >= SAVE_EVERY) {
      await outbox.savePosition(name, this.#cursor.position);
      this.#savedPosition = this.#cursor.position;
    }
    return this.#cursor;
  }

  async #deliver(rows: readonly OutboxRow[]): Promise<Delivery> {
    const { sink, toOutgoing } = this.deps;
    const events = rows.map(toOutgoing);
    try {
      return await sink.deliver(events);
    } catch (error) {
      return { delivered: [], rejected: [], failure: SinkFailure.from(error, 'The sink failed') };
    }
  }

  /** @returns the sequence numbers of the removed events. */
  async #settle(
    transaction: Transaction,
    rows: readonly OutboxRow[],
    delivery: Delivery,
  ): Promise<ReadonlySet<bigint>> {
    const { sink, onDeadLetters, logger } = this.deps;
    const letters = delivery.rejected.flatMap(({ index, reason }) => {
      const row = rows[index];
      return row === undefined ? [] : [{ sink: sink.name, row, reason }];
    });
    if (letters.length > 0) {
      logger.warn(
        { sink: sink.name, events: letters.length, reason: letters[0]?.reason },
        'sink rejected events; moved to dead letter',
      );
      await onDeadLetters(letters, transaction);
    }
    const delivered = delivery.delivered.flatMap((index) => rows[index] ?? []);
    const settled = [...delivered, ...letters.map(({ row }) => row)].map(({ seq }) => seq);
    await transaction.outbox.remove(sink.name, settled);
    return new Set(settled);
  }

  #waitFor(ms: number, endsOnWake: boolean): Promise<void> {
    if (this.#isStopping || (endsOnWake && this.#isWoken)) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#pause = undefined;
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#pause = { endsOnWake, end };
    });
  }
}
