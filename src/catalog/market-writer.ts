import { BellwetherError } from '../lib/errors.js';
import type { Clock } from '../lib/clock.js';
import type { MarketRepository } from '../storage/markets/market-repository.js';
import { isUnavailable, RETRY_AFTER_MS } from '../storage/unavailable.js';
import { decide, idsOf, type UpsertResult, type ValidInput } from './upsert.js';

/** Markets of one transaction, but for a call that alone has more. */
const MAX_MARKETS_AT_ONCE = 2_000;

/** Markets that may wait: some 20 calls of the largest size. */
const MAX_WAITING_MARKETS = 20_000;

/** A client is likely to have given up its request by then. */
const MAX_WAITING_MS = 20_000;

const NOT_STORED = 'The markets could not be stored now; send them again after retryAfterMs.';

interface Call {
  readonly inputs: readonly ValidInput[];
  readonly since: number;
  readonly resolve: (results: UpsertResult[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes markets with one transaction at a time per process, because writers of markets exclude each other anyway. Calls
 * that wait meanwhile are merged into the next transaction.
 */
export class MarketWriter {
  #calls: Call[] = [];
  #waitingMarkets = 0;
  #running: Promise<void> | null = null;

  constructor(
    private readonly deps: {
      readonly markets: Pick<MarketRepository, 'change'>;
      readonly clock: Clock;
    },
  ) {}

  /**
   * Stores markets: all of a call or none.
   *
   * @returns one result per input, in order.
   * @throws {BellwetherError} UNAVAILABLE when too many markets wait, these waited for too long, or the database does not
   *   store them.
   */
  write(inputs: readonly ValidInput[]): Promise<UpsertResult[]> {
    if (this.#waitingMarkets > 0 && this.#waitingMarkets + inputs.length > MAX_WAITING_MARKETS) {
      return Promise.reject(
        BellwetherError.unavailable('Too many markets are waiting to be stored.', RETRY_AFTER_MS),
      );
    }
    return new Promise((resolve, reject) => {
      this.#calls.push({ inputs, since: this.deps.clock(), resolve, reject });
      this.#waitingMarkets += inputs.length;
      this.#running ??= this.#run();
    });
  }

  /** Resolves when every call is answered. */
  async drain(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#calls.length > 0) await this.#store(this.#nextCalls());
    } finally {
      // In the same turn as the last look: a later call begins a new run.
      this.#running = null;
    }
  }

  #nextCalls(): Call[] {
    const next: Call[] = [];
    let markets = 0;
    for (let call = this.#calls[0]; call !== undefined; call = this.#calls[0]) {
      if (next.length > 0 && markets + call.inputs.length > MAX_MARKETS_AT_ONCE) break;
      this.#calls.shift();
      this.#waitingMarkets -= call.inputs.length;
      if (this.deps.clock() - call.since > MAX_WAITING_MS) {
        call.reject(BellwetherError.unavailable('The markets waited too long to be stored.', RETRY_AFTER_MS));
        continue;
      }
      next.push(call);
      markets += call.inputs.length;
    }
    return next;
  }

  async #store(calls: readonly Call[]): Promise<void> {
    if (calls.length === 0) return;
    try {
      const results = await this.#change(calls.flatMap(({ inputs }) => inputs));
      let start = 0;
      for (const { inputs, resolve } of calls) resolve(results.slice(start, (start += inputs.length)));
    } catch (error) {
      if (isUnavailable(error)) {
        const unavailable = BellwetherError.unavailable(NOT_STORED, RETRY_AFTER_MS, error);
        for (const { reject } of calls) reject(unavailable);
      } else if (calls.length > 1) {
        // A value that the database rejects must fail its own call only.
        for (const call of calls) await this.#store([call]);
      } else {
        for (const { reject } of calls) reject(error);
      }
    }
  }

  async #change(inputs: readonly ValidInput[]): Promise<UpsertResult[]> {
    const now = new Date(this.deps.clock());
    let results: UpsertResult[] = [];
    await this.deps.markets.change(idsOf(inputs), now, (stored) => {
      const decided = decide(stored, inputs, now);
      results = decided.results;
      return decided.changed;
    });
    return results;
  }
}
