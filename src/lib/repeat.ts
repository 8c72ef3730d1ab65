import type { Logger } from './logger.js';

/** A task that runs repeatedly. */
export interface RepeatingTask {
  /** Starts no further run, and waits for the current one. */
  stop(): Promise<void>;
}

/**
 * Runs a task every `everyMs`, measured from the end of one run to the start of the next, so that slow runs never overlap.
 * A failed run is logged, and the task continues.
 */
export function repeat(
  name: string,
  everyMs: number,
  task: () => Promise<void>,
  logger: Logger,
): RepeatingTask {
  let isStopped = false;
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout;
  const run = async (): Promise<void> => {
    try {
      await task();
    } catch (error) {
      logger.warn({ err: error, task: name }, 'repeating task failed; running it again at its next time');
    }
    if (!isStopped) schedule();
  };
  const schedule = (): void => {
    timer = setTimeout(() => {
      running = run();
    }, everyMs);
  };
  schedule();
  return {
    stop: async () => {
      isStopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
