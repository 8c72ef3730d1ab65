import type { Logger } from '../lib/logger.js';
import { onStopSignal } from './stop-signals.js';

/** Below the 10 s after which process managers usually send SIGKILL. */
const STOP_WITHIN_MS = 9_000;

/**
 * Aborts, with the name of the signal, on the first stop signal. If closing takes longer than 9 s, for example because
 * the database does not answer, the process exits with 0 then: every event that was acknowledged is stored.
 */
export function toldToStop(logger: Logger): AbortSignal {
  const told = new AbortController();
  onStopSignal((signal) => {
    logger.info({ signal }, 'stopping; another signal ends the process at once');
    told.abort(signal);
    setTimeout(() => {
      logger.warn({ afterMs: STOP_WITHIN_MS }, 'closing did not finish in time; exiting now');
      process.exit(0);
    }, STOP_WITHIN_MS).unref();
  });
  return told.signal;
}
