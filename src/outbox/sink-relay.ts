import type { Logger } from '../lib/logger.js';
import type { OutboxRepository, OutboxRow } from '../storage/events/outbox-repository.js';
import { backoffMs } from './backoff.js';
import { OutboxCursor, type TakenRound } from './outbox-cursor.js';
import type { OutgoingEvent } from './sinks/outgoing-event.js';
import { SinkFailure, type Delivery, type Sink } from './sinks/sink.js';

/** What takes part in the transaction around a delivery. */
export interface RelayTransaction {
  readonly outbox: Pick<
    OutboxRepository,
    'lock' | 'position' | 'savePosition' | 'writers' | 'take' | 'remove'
  >;
}

/** An event that a sink will never take. */
export interface RefusedEvent {
  readonly sink: string;
  readonly row: OutboxRow;
  readonly reason: string;
}

export interface RelayParts<Transaction extends RelayTransaction> {
  readonly sink: Sink;
  readonly store: { transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> };
  readonly outgoing: (row: OutboxRow) => OutgoingEvent;
  /** Keeps refused events, in the transaction that takes them out of the outbox. */
  readonly onRefused: (events: readonly RefusedEvent[], transaction: Transaction) => Promise<void>;
  readonly batchSize: number;
  /** 0 ≤ random < 1. */
  readonly random: () => number;
  readonly logger: Logger;
}

/** How long a relay that was not woken waits before it looks again. */
const POLL_MS = 1_000;

/** A sink that asks to be left alone for longer is asked again after this. */
const MAX_RETRY_AFTER_MS = 10 * 60_000;

/** What is left over when a delivery is given up at the end: its transaction is rolled back. */
const ROLLBACK_MS = 1_000;

/** The position of a sink is stored once in so many numbers; a relay that takes over rereads at most as many rows. */
const SAVE_EVERY = 5_000n;

const NOTHING: Delivery = { delivered: [], refused: [], failure: undefined };

interface Round {
  readonly taken: number;
  readonly settled: number;
  /** Whether another relay is at this sink. */
  readonly elsewhere: boolean;
  readonly failure: unknown;
}

/**
 * Carries events from the outbox to one sink. They are taken out of the outbox in the transaction that read them,
 * once the sink has them: whatever happens in between, they come again. Several relays of one sink, in several
 * processes, take turns.
 */
export class SinkRelay<Transaction extends RelayTransaction> {
  #stopping = false;
  #woken = false;
  #pause: { readonly endsWhenWoken: boolean; readonly end: () => void } | undefined;
  #work: Promise<void> = Promise.resolve();
  /** Undefined until the first round, and after another relay had a turn. */
  #cursor: OutboxCursor | undefined;
  #savedPosition = 0n;

  constructor(private readonly deps: RelayParts<Transaction>) {}

  start(): void {
    this.#work = this.#run();
  }

  /** Tells of new events. Without it they are found within a second. */
  wake(): void {
    this.#woken = true;
    if (this.#pause?.endsWhenWoken === true) this.#pause.end();
  }

  /**
   * Lets a delivery under way come to its end, and closes the sink.
   *
   * @param withinMs after which the delivery is given up; its events come again after the next start.
   */
  async stop(withinMs: number): Promise<void> {
    this.#stopping = true;
    this.#pause?.end();
    await atMost(withinMs, this.#work);
    await this.deps.sink.close();
    await atMost(ROLLBACK_MS, this.#work);
  }

  async #run(): Promise<void> {
    const { sink, batchSize, random, logger } = this.deps;
    let failures = 0;
    while (!this.#stopping) {
      this.#woken = false;
      const { taken, settled, elsewhere, failure } = await this.#round();
      if (failure !== undefined) {
        failures = settled > 0 ? 1 : failures + 1;
        const retryAfterMs = failure instanceof SinkFailure ? (failure.retryAfterMs ?? 0) : 0;
        const waitMs = Math.max(backoffMs(failures, random()), Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
        const what =
          failure instanceof SinkFailure
            ? 'a sink did not take events'
            : 'the outbox could not be worked off';
        logger.warn({ err: failure, sink: sink.name, failures, waitMs }, what);
        await this.#waitFor(waitMs, false);
        continue;
      }
      if (failures > 0) logger.info({ sink: sink.name }, 'a sink takes events again');
      failures = 0;
      const more = taken === batchSize || settled < taken;
      if (!more) await this.#waitFor(POLL_MS, !elsewhere);
    }
  }

  async #round(): Promise<Round> {
    try {
      const { round, taken } = await this.deps.store.transaction((transaction) => this.#relay(transaction));
      if (taken !== undefined) this.#cursor?.advance(taken);
      return round;
    } catch (failure) {
      return { taken: 0, settled: 0, elsewhere: false, failure };
    }
  }

  async #relay(transaction: Transaction): Promise<{ round: Round; taken?: TakenRound }> {
    const { sink, batchSize } = this.deps;
    const { outbox } = transaction;
    if (!(await outbox.lock(sink.name))) {
      this.#cursor = undefined;
      return { round: { taken: 0, settled: 0, elsewhere: true, failure: undefined } };
    }
    const cursor = await this.#cursorFor(outbox);
    cursor.observe(await outbox.writers());
    const rows = await outbox.take(sink.name, cursor.position, batchSize);
    const delivery = rows.length === 0 ? NOTHING : await this.#deliver(rows);
    const settled = await this.#settle(transaction, rows, delivery);
    const failure =
      rows.length > 0 && settled.size === 0 && delivery.failure === undefined
        ? new SinkFailure('The sink took nothing and gave no reason.')
        : delivery.failure;
    return {
      round: { taken: rows.length, settled: settled.size, elsewhere: false, failure },
      taken: { taken: rows.map(({ seq }) => seq), settled, more: rows.length === batchSize },
    };
  }

  /** The cursor of this relay, from the stored position on if it has none; its position is stored now and then. */
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
    const { sink, outgoing } = this.deps;
    const events = rows.map(outgoing);
    try {
      return await sink.deliver(events);
    } catch (error) {
      return { delivered: [], refused: [], failure: SinkFailure.from(error, 'The sink failed') };
    }
  }

  /** @returns the numbers of the events that are removed. */
  async #settle(
    transaction: Transaction,
    rows: readonly OutboxRow[],
    delivery: Delivery,
  ): Promise<ReadonlySet<bigint>> {
    const { sink, onRefused, logger } = this.deps;
    const refused = delivery.refused.flatMap(({ index, reason }) => {
      const row = rows[index];
      return row === undefined ? [] : [{ sink: sink.name, row, reason }];
    });
    if (refused.length > 0) {
      const [first] = refused;
      logger.warn(
        { sink: sink.name, events: refused.length, reason: first?.reason },
        'a sink refused events',
      );
      await onRefused(refused, transaction);
    }
    const delivered = delivery.delivered.flatMap((index) => rows[index] ?? []);
    const settled = [...delivered, ...refused.map(({ row }) => row)].map(({ seq }) => seq);
    await transaction.outbox.remove(sink.name, settled);
    return new Set(settled);
  }

  #waitFor(ms: number, endsWhenWoken: boolean): Promise<void> {
    if (this.#stopping || (endsWhenWoken && this.#woken)) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#pause = undefined;
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#pause = { endsWhenWoken, end };
    });
  }
}

async function atMost(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, bound]);
  clearTimeout(timer);
}
