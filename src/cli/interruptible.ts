import { exitCodeOf, onStopSignal } from './stop-signals.js';

/** Below the 10 s after which process managers usually send SIGKILL. */
const CLOSE_WITHIN_MS = 9_000;

/** A stop signal ended a command early. */
export class Interruption extends Error {
  override readonly name = 'Interruption';
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`Stopped by ${signal}.`);
    this.exitCode = exitCodeOf(signal);
  }
}

/**
 * Opens something, works with it, and closes it, also when a stop signal arrives in the meantime. The work is then
 * abandoned, and the embedded PostgreSQL is stopped if no other process uses it.
 *
 * @param work receives a signal that is aborted with the {@link Interruption}.
 * @throws {Interruption} after closing, when a stop signal arrived.
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
    setTimeout(() => process.exit(interruption.exitCode), CLOSE_WITHIN_MS).unref();
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
