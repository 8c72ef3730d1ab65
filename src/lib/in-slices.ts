import { setImmediate as nextTurn } from 'node:timers/promises';

/** Work that yields wherever it may be interrupted, at least once a millisecond or so. */
export type Work<Result> = Generator<void, Result, void>;

/** Longest time that sliced work keeps the event loop before other work gets a turn. */
const SLICE_MS = 5;

/** Runs work to its end without interruption. */
export function atOnce<Result>(work: Work<Result>): Result {
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/** Runs work in slices of about 5 ms; between two slices the event loop serves whatever waits. */
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
