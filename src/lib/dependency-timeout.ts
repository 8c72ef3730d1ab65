import { responsiveNow } from './responsive-time.js';
import { TimeoutError } from './timeout.js';

/** Shortest time between two checks of a call that is late. */
const MIN_CHECK_MS = 5;

/**
 * Settles as `work` does, unless a dependency takes longer than `timeoutMs` to respond. Time during which the event loop is
 * blocked does not count, and neither does waiting that the dependency did not cause. So a busy process waits longer,
 * instead of taking a healthy dependency for a failing one.
 *
 * @param isStalled whether the dependency itself has not responded for this many milliseconds. While it is not, the work
 *   waits in this process, which has to bound that wait elsewhere.
 * @throws {TimeoutError} if the dependency is stalled; else what `work` throws.
 */
export function withDependencyTimeout<Result>(
  work: () => Promise<Result>,
  timeoutMs: number,
  isStalled: (forMs: number) => boolean,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const startMs = responsiveNow();
    let isSettled = false;
    let timer: NodeJS.Timeout;
    const arm = (ms: number): void => {
      // Responses that arrived while this process was busy are read before the check.
      timer = setTimeout(() => setImmediate(check), Math.max(ms, MIN_CHECK_MS));
    };
    const check = (): void => {
      if (isSettled) return;
      const leftMs = timeoutMs - (responsiveNow() - startMs);
      if (leftMs > 0 || !isStalled(timeoutMs)) arm(leftMs);
      else reject(new TimeoutError(timeoutMs));
    };
    const settle = (): void => {
      isSettled = true;
      clearTimeout(timer);
    };
    arm(timeoutMs);
    work().finally(settle).then(resolve, reject);
  });
}
