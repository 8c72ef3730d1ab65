import { constants } from 'node:os';

/** SIGHUP is what a closed terminal or a lost SSH session sends. */
const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** One Ctrl-C arrives twice when npm or `node --watch` forwards what the terminal has already sent. */
const SAME_SIGNAL_MS = 500;

/**
 * Calls `stop` on the first stop signal. A signal that arrives more than 500 ms later ends the process at once.
 *
 * @returns a function that removes the handlers.
 */
export function onStopSignal(stop: (signal: NodeJS.Signals) => void): () => void {
  let isStopping = false;
  const remove = (): void => STOP_SIGNALS.forEach((signal) => process.off(signal, handle));
  const handle = (signal: NodeJS.Signals): void => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(remove, SAME_SIGNAL_MS).unref();
    stop(signal);
  };
  for (const signal of STOP_SIGNALS) process.on(signal, handle);
  return remove;
}

/** The exit code that shells use for a process that a signal ended. */
export function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}
