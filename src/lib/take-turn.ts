/** Time of one turn of the event loop for callers that take turns: the last one of a turn may exceed it. */
const TURN_MS = 8;

const waiting: (() => void)[] = [];
/** When the first caller of this turn of the event loop came; undefined before. */
let startedMs: number | undefined;
let isReleasing = false;

/**
 * Resolves when the caller may work for a few milliseconds: callers run one after the other, in order, and those for whom
 * a turn of the event loop has no time left run in a later one.
 *
 * When one read of the database answers many requests, all of them become ready in one turn. Without this, the process
 * would compute all of their answers before it accepts a connection, reads a socket, or runs a timer.
 */
export function takeTurn(): Promise<void> {
  if (startedMs === undefined) {
    startedMs = performance.now();
    setImmediate(nextTurn);
  }
  if (!isReleasing) {
    isReleasing = true;
    process.nextTick(release);
  }
  return new Promise((resolve) => waiting.push(resolve));
}

function nextTurn(): void {
  startedMs = undefined;
  if (waiting.length === 0) return;
  startedMs = performance.now();
  setImmediate(nextTurn);
  isReleasing = true;
  release();
}

function release(): void {
  if (startedMs !== undefined && performance.now() - startedMs < TURN_MS) {
    const next = waiting.shift();
    if (next !== undefined) {
      next();
      // A tick that a microtask adds runs after all microtasks, so after the work of the caller just released.
      queueMicrotask(() => {
        process.nextTick(release);
      });
      return;
    }
  }
  isReleasing = false;
}
