import { isDeepStrictEqual } from 'node:util';
import { BellwetherError } from '../lib/errors.js';
import { repairText, type RepairNote } from '../lib/input/parse-with-repairs.js';
import { takeTurn } from '../lib/take-turn.js';
import type { MarketRecord } from '../domain/market.js';
import { applyMarketInput, checkMarketInput, type CheckedMarketInput } from './market-input.js';

const MAX_UPSERT = 1_000;

/** About 1 ms of work. */
const CHECKED_A_TURN = 20;

/** Result of upserting one market. */
export interface UpsertResult {
  readonly id: string;
  readonly outcome: 'CREATED' | 'UPDATED' | 'UNCHANGED' | 'REJECTED';
  /** Why it was rejected, naming the field. */
  readonly reason?: string;
  /** One sentence for each invalid field that was repaired or dropped. */
  readonly repairs: readonly string[];
}

/** An input that passed validation. */
export interface ValidInput {
  readonly market: CheckedMarketInput;
  readonly repairs: readonly RepairNote[];
}

/** Validated inputs: the valid ones, and a function that merges their results with those of the rejected ones. */
export interface CheckedInputs {
  readonly valid: readonly ValidInput[];
  inOrder(decided: readonly UpsertResult[]): UpsertResult[];
}

/**
 * Validates inputs, some in each turn of the event loop.
 *
 * @throws {BellwetherError} BAD_USER_INPUT for more than 1,000 inputs.
 */
export async function checkAll(inputs: readonly unknown[]): Promise<CheckedInputs> {
  if (inputs.length > MAX_UPSERT) {
    throw BellwetherError.badInput('markets', `markets must have at most ${MAX_UPSERT} entries.`);
  }
  const checked: ReturnType<typeof checkMarketInput>[] = [];
  for (const [index, input] of inputs.entries()) {
    if (index % CHECKED_A_TURN === 0) await takeTurn();
    checked.push(checkMarketInput(input));
  }
  return {
    valid: checked.filter((input) => input.market !== undefined),
    inOrder: (decided) => {
      const rest = decided.values();
      return checked.flatMap(({ fault }, index): UpsertResult[] => {
        if (fault !== undefined) return [rejected(idOf(inputs[index]), fault)];
        const next = rest.next().value;
        return next === undefined ? [] : [next];
      });
    },
  };
}

function rejected(id: string, reason: string): UpsertResult {
  return { id, outcome: 'REJECTED', reason, repairs: [] };
}

/** The distinct ids. */
export function idsOf(inputs: readonly ValidInput[]): string[] {
  return [...new Set(inputs.map(({ market }) => market.id))];
}

/**
 * What upserting valid inputs into the stored markets gives: one result per input, in order, and the markets to write. An
 * input applies to the result of an earlier one with the same id.
 */
export function decide(
  stored: ReadonlyMap<string, MarketRecord>,
  inputs: readonly ValidInput[],
  now: Date,
): { results: UpsertResult[]; changed: MarketRecord[] } {
  const present = new Map(stored);
  const changed = new Map<string, MarketRecord>();
  const results = inputs.map(({ market: input, repairs }): UpsertResult => {
    const { id } = input;
    const before = present.get(id);
    const title = input.title ?? before?.title;
    if (title === undefined) {
      const invalid = repairs.find(({ field }) => field === 'title');
      return rejected(id, `title: ${invalid?.reason ?? 'is needed for a new market'}`);
    }
    const after = applyMarketInput(before, { ...input, title }, now);
    const notes = repairs.map(repairText);
    if (before !== undefined && isDeepStrictEqual(before, after)) {
      return { id, outcome: 'UNCHANGED', repairs: notes };
    }
    present.set(id, after);
    changed.set(id, after);
    return { id, outcome: before === undefined ? 'CREATED' : 'UPDATED', repairs: notes };
  });
  return { results, changed: [...changed.values()] };
}

function idOf(input: unknown): string {
  const id = typeof input === 'object' && input !== null && 'id' in input ? input.id : undefined;
  return typeof id === 'string' || typeof id === 'number' ? String(id) : '';
}
