import type { MarketRecord } from '../domain/market.js';
import type { Clock } from '../lib/clock.js';
import { BellwetherError } from '../lib/errors.js';
import type { InputProblem } from '../lib/input/input-problem.js';
import { repairText, type RepairNote } from '../lib/input/parse-with-repairs.js';
import { hasNewAsOf, type MarketRepository } from '../storage/markets/market-repository.js';
import { changesOnlyAsOf } from '../storage/markets/market-sql.js';
import { isUnavailable, RETRY_AFTER_MS } from '../storage/database-errors.js';
import { applyMarketInput, validateMarketInput, type ValidatedMarketInput } from './market-input.js';

/** Maximum number of inputs in one call. */
export const MAX_UPSERT = 1_000;

export const UPSERT_STATUSES = ['CREATED', 'UPDATED', 'UNCHANGED', 'REJECTED'] as const;

export type UpsertStatus = (typeof UPSERT_STATUSES)[number];

/** Result of upserting one market. */
export interface UpsertResult {
  /** Index of the input in its call, from 0. */
  readonly index: number;
  readonly id: string;
  readonly status: UpsertStatus;
  /** The market as this input leaves it, with number 0 if it is new; null if the input was rejected. */
  readonly market: MarketRecord | null;
  /** Why the input was rejected; null if it was not. */
  readonly problem: InputProblem | null;
  /** One sentence for each invalid field that was repaired or dropped. */
  readonly repairs: readonly string[];
}

/** An input that passed validation. */
interface ValidInput {
  readonly index: number;
  readonly market: ValidatedMarketInput;
  readonly repairs: readonly RepairNote[];
}

interface ValidatedInputs {
  readonly valid: readonly ValidInput[];
  /**
   * Returns one result per input, in the order of all inputs: that of `results` for a valid input, else the rejection.
   *
   * @param results of the valid inputs, in order.
   */
  merge(results: readonly UpsertResult[]): UpsertResult[];
}

/**
 * Validates inputs: at once, so that concurrent calls are queued, and bounded, in the order of their arrival.
 *
 * @throws {BellwetherError} LIMIT_EXCEEDED for more than 1,000 inputs.
 */
export function validateInputs(inputs: readonly unknown[]): ValidatedInputs {
  if (inputs.length > MAX_UPSERT) {
    throw BellwetherError.limitExceeded(
      'input.markets',
      `input.markets has ${inputs.length} entries, more than ${MAX_UPSERT}. Split it into several requests.`,
    );
  }
  const valid: ValidInput[] = [];
  const invalid: UpsertResult[] = [];
  for (const [index, input] of inputs.entries()) {
    const validated = validateMarketInput(input, index);
    if (validated.problem === undefined) valid.push({ index, ...validated });
    else invalid.push(rejected(idOf(input), validated.problem));
  }
  return {
    valid,
    merge: (results) => [...results, ...invalid].sort((one, other) => one.index - other.index),
  };
}

function rejected(id: string, problem: InputProblem): UpsertResult {
  return { index: problem.index, id, status: 'REJECTED', market: null, problem, repairs: [] };
}

/** The distinct market ids. */
export function idsOf(inputs: readonly ValidInput[]): string[] {
  return [...new Set(inputs.map(({ market }) => market.id))];
}

/**
 * Applies valid inputs to the stored markets. If an id occurs twice, the second input applies to the result of the first.
 *
 * @returns one result per input, in order, and the markets to write.
 */
export function applyInputs(
  stored: ReadonlyMap<string, MarketRecord>,
  inputs: readonly ValidInput[],
  now: Date,
): { results: UpsertResult[]; changed: MarketRecord[] } {
  const current = new Map(stored);
  const changed = new Map<string, MarketRecord>();
  const results = inputs.map(({ index, market: input, repairs }): UpsertResult => {
    const { id } = input;
    const before = current.get(id);
    const title = input.title ?? before?.title;
    if (title === undefined) {
      const invalid = repairs.find(({ field }) => field === 'title');
      const message = `title ${invalid?.reason ?? 'is required for a new market'}.`;
      return rejected(id, { index, field: 'title', code: 'INVALID', message });
    }
    const applied = applyMarketInput(before, { ...input, title }, now);
    const isUnchanged = changesOnlyAsOf({ before, after: applied });
    const after = isUnchanged ? applied : { ...applied, updatedAt: now };
    if (!isUnchanged || hasNewAsOf(before, after)) {
      current.set(id, after);
      changed.set(id, after);
    }
    const status = before === undefined ? 'CREATED' : isUnchanged ? 'UNCHANGED' : 'UPDATED';
    return { index, id, status, market: after, problem: null, repairs: repairs.map(repairText) };
  });
  return { results, changed: [...changed.values()] };
}

/** The id to name in the result of a rejected input; empty if it has none. */
function idOf(input: unknown): string {
  const id = typeof input === 'object' && input !== null && 'id' in input ? input.id : undefined;
  return typeof id === 'string' || typeof id === 'number' ? String(id) : '';
}

/** Maximum number of markets in one transaction of merged calls. A call is never split, even if it has more. */
const MAX_MARKETS_PER_TRANSACTION = 2_000;

/** Maximum number of waiting markets: 20 calls of the largest size. */
const MAX_WAITING_MARKETS = 20_000;

/** Maximum wait of a call for its transaction to start. Its client has probably timed out by then. */
const MAX_WAITING_MS = 20_000;

interface Call {
  readonly inputs: readonly ValidInput[];
  readonly enqueuedAtMs: number;
  readonly resolve: (results: UpsertResult[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Writes markets in one transaction at a time per process: a database lock lets only one transaction write markets, so
 * parallel ones would only occupy connections. Calls that arrive meanwhile are merged into the next transaction.
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
   * Stores all markets of a call or none.
   *
   * @returns one result per input, in order.
   * @throws {BellwetherError} UNAVAILABLE if too many markets wait, if these waited for more than 20 s, or if the database
   *   is unavailable.
   */
  write(inputs: readonly ValidInput[]): Promise<UpsertResult[]> {
    if (this.#waitingMarkets > 0 && this.#waitingMarkets + inputs.length > MAX_WAITING_MARKETS) {
      return Promise.reject(notStored(`more than ${MAX_WAITING_MARKETS} markets are waiting`));
    }
    return new Promise((resolve, reject) => {
      this.#calls.push({ inputs, enqueuedAtMs: this.deps.clock(), resolve, reject });
      this.#waitingMarkets += inputs.length;
      this.#running ??= this.#run();
    });
  }

  /** Resolves when every call is settled. */
  async drain(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#calls.length > 0) await this.#store(this.#nextCalls());
    } finally {
      // In the same turn as the last check of the queue, so that a later call starts a new run.
      this.#running = null;
    }
  }

  /** Dequeues the calls of the next transaction, and rejects those that waited too long. */
  #nextCalls(): Call[] {
    const next: Call[] = [];
    let markets = 0;
    for (let call = this.#calls[0]; call !== undefined; call = this.#calls[0]) {
      if (next.length > 0 && markets + call.inputs.length > MAX_MARKETS_PER_TRANSACTION) break;
      this.#calls.shift();
      this.#waitingMarkets -= call.inputs.length;
      if (this.deps.clock() - call.enqueuedAtMs > MAX_WAITING_MS) {
        call.reject(notStored(`they waited longer than ${MAX_WAITING_MS / 1_000} s`));
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
        const unavailable = notStored('the database is unavailable or busy', error);
        for (const { reject } of calls) reject(unavailable);
      } else if (calls.length > 1) {
        // A value that the database rejects must fail only its own call.
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
      const applied = applyInputs(stored, inputs, now);
      results = applied.results;
      return applied.changed;
    });
    return results;
  }
}

function notStored(reason: string, cause?: unknown): BellwetherError {
  return BellwetherError.unavailable(
    `The markets were not stored because ${reason}; send them again after retryAfterMs.`,
    RETRY_AFTER_MS,
    cause,
  );
}
