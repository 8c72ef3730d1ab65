/** So few that whatever else the process has to do waits some milliseconds only. */
const AT_ONCE = 50;

/** Wakes streams, a few at a time, so that a change that many follow holds up nobody's request. */
export function wakeInTurns(streams: Iterable<{ wake(): void }>): void {
  const rest = streams[Symbol.iterator]();
  const turn = (): void => {
    for (let count = 0; count < AT_ONCE; count++) {
      const next = rest.next();
      if (next.done === true) return;
      next.value.wake();
    }
    setImmediate(turn);
  };
  turn();
}
