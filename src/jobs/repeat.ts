import type { Logger } from '../lib/logger.js';

/** A task that is run again and again. */
export interface Repetition {
  /** Starts no further run, and waits for the one under way. */
  stop(): Promise<void>;
}

/**
 * Runs a task every `everyMs`, counted from the end of one run to the start of the next, so that slow
 * runs never pile up. A run that fails is logged and does not end the repetition.
 */
export function repeat(name: string, everyMs: number, task: () => Promise<void>, logger: Logger): Repetition {
  let stopped = false;
  let running: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout;
  const run = async (): Promise<void> => {
    try {
      await task();
    } catch (error) {
      logger.warn({ err: error, task: name }, 'a repeated task failed and will be tried again');
    }
    if (!stopped) schedule();
  };
  const schedule = (): void => {
    timer = setTimeout(() => {
      running = run();
    }, everyMs);
  };
  schedule();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
