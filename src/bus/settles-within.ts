/**
 * Whether work is done within a time.
 *
 * @throws what the work throws, or the signal's reason if that is aborted first.
 */
export async function settlesWithin(
  work: Promise<unknown>,
  timeMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  signal?.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise<boolean>((resolve, reject) => {
      // One more turn of the event loop: an answer that came while this process was busy is no missing answer.
      timer = setTimeout(() => setImmediate(resolve, false), timeMs);
      onAbort = () => reject(signal?.reason as Error);
      signal?.addEventListener('abort', onAbort);
      work.then(() => resolve(true), reject);
    });
  } finally {
    clearTimeout(timer);
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  }
}
