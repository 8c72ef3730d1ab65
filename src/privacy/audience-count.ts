import type { Store } from '../storage/store.js';
import type { CellSet, EventBuckets, HashRange } from '../storage/privacy/audience-repository.js';

/** A cell of the true counts, which never leave the process. */
export interface Cell {
  readonly topic: string;
  readonly country: string | null;
}

/** Maximum events that one statement reads. Both take about a second on idle cores. */
export interface StepLimits {
  /** By time, in the order in which they are stored. */
  readonly scan: number;
  /** By user, from all over the day. */
  readonly count: number;
}

const STEP_LIMITS: StepLimits = { scan: 100_000, count: 50_000 };

/**
 * Counts the users of one day by cell. Each user counts in at most `cellsPerUser` cells.
 *
 * In steps of one short transaction each, so that a busy day keeps no snapshot of the database open: first the index buckets
 * that hold events of the day, then ranges of users by hash. A step counts all events of its users, so the bound per user
 * holds although the steps see different snapshots.
 *
 * @param options.signal ends the count before the next step.
 */
export async function countAudience(
  store: Pick<Store, 'transaction'>,
  cellSet: CellSet,
  options: {
    readonly from: Date;
    readonly to: Date;
    readonly cellsPerUser: number;
    readonly selectionKey: Uint8Array;
    readonly signal: AbortSignal;
    readonly limits?: StepLimits | undefined;
  },
): Promise<[Cell, number][]> {
  const { from, to, cellsPerUser, selectionKey, signal, limits = STEP_LIMITS } = options;
  const buckets = new Set<number>();
  let events = 0;
  let next: Date | null = from;
  while (next !== null) {
    signal.throwIfAborted();
    const period = { from: next, to };
    const step: EventBuckets = await store.transaction(async ({ audience }) => {
      await audience.begin();
      return audience.buckets(period, limits.scan);
    });
    for (const bucket of step.buckets) buckets.add(bucket);
    events += step.events;
    next = step.next;
  }

  const counts = new Map<string, [Cell, number]>();
  for (const users of hashRanges(Math.ceil(events / limits.count))) {
    signal.throwIfAborted();
    const rows = await store.transaction(async ({ audience }) => {
      await audience.begin();
      const part = { from, to, buckets: [...buckets], users };
      return audience.countUsers(cellSet, part, { cellsPerUser, selectionKey });
    });
    for (const { topic, country, users: added } of rows) {
      const key = `${country ?? ''} ${topic}`;
      counts.set(key, [{ topic, country }, (counts.get(key)?.[1] ?? 0) + added]);
    }
  }
  return [...counts.values()];
}

const HASHES = 2 ** 32;
const FIRST_HASH = -(2 ** 31);

/** Splits the 32-bit hashes of user keys into ranges of equal size. */
export function hashRanges(count: number): HashRange[] {
  const begin = (index: number): number => FIRST_HASH + Math.floor((HASHES * index) / count);
  return Array.from({ length: count }, (_, index) => ({ first: begin(index), last: begin(index + 1) - 1 }));
}
