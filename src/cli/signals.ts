import { constants } from 'node:os';
import type { Logger } from '../lib/logger.js';

/** SIGHUP arrives when the terminal closes or an SSH session is lost. */
const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** One Ctrl-C arrives twice when npm or `node --watch` forwards what the terminal has already sent. */
const SAME_SIGNAL_MS = 500;

/** Less than the 10 s after which process managers usually send SIGKILL. */
const CLOSE_TIMEOUT_MS = 9_000;

/**
 * Calls `stop` on the first stop signal. A signal that arrives more than 500 ms later ends the process at once.
 *
 * @returns a function that removes the handlers.
 */
function onStopSignal(stop: (signal: NodeJS.Signals) => void): () => void {
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

/**
 * Returns a signal that is aborted, with the name of the signal as reason, on the first stop signal. If closing takes
 * longer than 9 s, for example because the database does not respond, the process exits with 0. This loses nothing:
 * every acknowledged event is stored.
 */
export function shutdownSignal(logger: Logger): AbortSignal {
  const shutdown = new AbortController();
  onStopSignal((signal) => {
    logger.info({ signal }, 'shutting down; another signal ends the process at once');
    shutdown.abort(signal);
    setTimeout(() => {
      logger.warn({ timeoutMs: CLOSE_TIMEOUT_MS }, 'shutdown timed out; exiting now');
      process.exit(0);
    }, CLOSE_TIMEOUT_MS).unref();
  });
  return shutdown.signal;
}

/** A stop signal ended a command early. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  /** The exit code that shells use for a process ended by the signal. */
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`Stopped by ${signal}.`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/**
 * Opens a resource, works with it, and closes it. A stop signal abandons the work but not the closing, which also stops
 * the embedded PostgreSQL if no other process uses it.
 *
 * @param work receives a signal that is aborted with the {@link Interruption}.
 * @throws {Interruption} after closing, if a stop signal arrived.
 */
export async function interruptible<Opened extends { close(): Promise<void> }, Result>(
  open: () => Promise<Opened>,
  work: (opened: Opened, stop: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const stop = new AbortController();
  const interrupted = new Promise<never>((_, reject) => {
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason as Interruption));
  });
  interrupted.catch(() => undefined);
  const removeHandlers = onStopSignal((name) => {
    const interruption = new Interruption(name);
    stop.abort(interruption);
    setTimeout(() => process.exit(interruption.exitCode), CLOSE_TIMEOUT_MS).unref();
  });
  try {
    const opened = await open();
    try {
      stop.signal.throwIfAborted();
      return await Promise.race([interrupted, work(opened, stop.signal)]);
    } finally {
      await opened.close();
    }
  } finally {
    removeHandlers();
  }
}
