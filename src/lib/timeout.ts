/** Work did not complete within its time. The work itself goes on. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';

  constructor(timeoutMs: number) {
    super(`Timed out after ${timeoutMs} ms.`);
  }
}

const TIMED_OUT = Symbol('timed out');

/**
 * Settles as `work` does, if that happens within `timeoutMs`.
 *
 * Not cockatiel's timeout policy: that rejects when its timer fires. Here, the event loop first reads the sockets once
 * more, so that an answer that arrived while this process was busy counts as in time.
 *
 * @throws {TimeoutError} after `timeoutMs`; the reason of `signal` if that is aborted first; else what `work` throws.
 */
export async function withTimeout<Result>(
  work: () => Promise<Result>,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Result> {
  const result = await race(work(), timeoutMs, signal);
  if (result === TIMED_OUT) throw new TimeoutError(timeoutMs);
  return result;
}

/**
 * Whether `work` completes within `timeoutMs`.
 *
 * @throws the reason of `signal` if that is aborted first; what `work` throws if it fails in time.
 */
export async function completesWithin(
  work: Promise<unknown>,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  return (await race(work, timeoutMs, signal)) !== TIMED_OUT;
}

/**
 * Settles as `work` does.
 *
 * @throws the reason of `signal` if that is aborted first; else what `work` throws.
 */
export async function orAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return (await race(work, undefined, signal)) as Result;
}

async function race<Result>(
  work: Promise<Result>,
  timeoutMs: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Result | typeof TIMED_OUT> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise((resolve, reject) => {
      work.then(resolve, reject);
      signal?.throwIfAborted();
      onAbort = () => reject(signal?.reason as Error);
      signal?.addEventListener('abort', onAbort);
      if (timeoutMs === undefined) return;
      timer = setTimeout(() => setImmediate(resolve, TIMED_OUT), timeoutMs);
    });
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  }
}
