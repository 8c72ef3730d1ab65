import { setTimeout as wait } from 'node:timers/promises';

/**
 * What `read` gives, if that comes in time: a feed never waits for longer.
 *
 * @throws {Error} what `read` throws, or one that says that it took over `timeoutMs`.
 */
export async function inTime<Result>(read: () => Promise<Result>, timeoutMs: number): Promise<Result> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      read(),
      wait(timeoutMs, undefined, { signal: timer.signal }).then(() => {
        throw new Error(`Reading took over ${timeoutMs} ms.`);
      }),
    ]);
  } finally {
    timer.abort();
  }
}
