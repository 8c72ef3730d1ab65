import type { Logger } from '../observability/logger.js';

const STOP_WITHIN_MS = 9_000;

const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
const SAME_SIGNAL_MS = 500;

/**
 * Aborted by the first signal to stop, with its name; another one later ends the process at once, and so does its
 * taking too long.
 */
export function toldToStop(logger: Logger): AbortSignal {
  const told = new AbortController();
  const tell = (name: NodeJS.Signals): void => {
    if (told.signal.aborted) return;
    told.abort(name);
    logger.info({ signal: name }, 'stopping');
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    // One Ctrl-C comes twice when npm or node --watch passes on what the terminal has sent already.
    setTimeout(() => STOP_SIGNALS.forEach((signal) => process.off(signal, tell)), SAME_SIGNAL_MS).unref();
  };
  for (const signal of STOP_SIGNALS) process.on(signal, tell);
  return told.signal;
}
