import { setImmediate as nextTurn } from 'node:timers/promises';

/** Work that can be interrupted at each `yield`, at least about once per millisecond. */
export type Work<Result> = Generator<void, Result, void>;

/** Longest time that sliced work blocks the event loop. */
const SLICE_MS = 5;

/** Runs work to its end without interruption. */
export function atOnce<Result>(work: Work<Result>): Result {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/** Runs work in slices of about 5 ms; between two slices, the event loop processes other work. */
export async function inSlices<Result>(work: Work<Result>): Promise<Result> {
  for (;;) {
    const untilMs = performance.now() + SLICE_MS;
    do {
      const { done, value } = work.next();
      if (done === true) return value;
    } while (performance.now() < untilMs);
    await nextTurn();
  }
}

/** Time per turn of the event loop for callers of {@link takeTurn}; the last caller of a turn may exceed it. */
const TURN_MS = 8;

const waiting: (() => void)[] = [];
/** Time of the first caller in this turn of the event loop; undefined before. */
let startedMs: number | undefined;
let isReleasing = false;

/**
 * Resolves when the caller may work for a few milliseconds. Callers run one after the other, in order; those that do not
 * fit into a turn of the event loop run in a later one.
 *
 * When one database read serves many requests, all of them become ready in one turn. Without this, the process would
 * compute all responses before it accepts a connection, reads a socket, or runs a timer.
 */
export function takeTurn(): Promise<void> {
  if (startedMs === undefined) {
    startedMs = performance.now();
    setImmediate(startTurn);
  }
  if (!isReleasing) {
    isReleasing = true;
    process.nextTick(release);
  }
  return new Promise((resolve) => waiting.push(resolve));
}

function startTurn(): void {
  startedMs = undefined;
  if (waiting.length === 0) return;
  startedMs = performance.now();
  setImmediate(startTurn);
  isReleasing = true;
  release();
}

function release(): void {
  if (startedMs !== undefined && performance.now() - startedMs < TURN_MS) {
    const next = waiting.shift();
    if (next !== undefined) {
      next();
      // A tick that a microtask adds runs after all microtasks, so after the work of the released caller.
      queueMicrotask(() => {
        process.nextTick(release);
      });
      return;
    }
  }
  isReleasing = false;
}
