import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';

/** A value that was read, or that the read failed. */
export type Reading<Value> = { readonly failed: false; readonly value: Value } | { readonly failed: true };

const FAILED = { failed: true } as const;

const FAILURES_TO_OPEN = 5;
const PROBE_AFTER_MS = 1_000;

/**
 * A circuit breaker. After 5 failures in a row it opens: reads fail at once, except for one probe at a time, the first 1 s
 * after it opened and the next ones 1 s after the last probe failed. One success closes it. It logs when it opens and when
 * it closes, and no single failure.
 */
export class Breaker {
  #failures = 0;
  #probeAtMs = -Infinity;
  #probing = false;

  /** @param deps `name` is the dependency, in the plural, for the log. */
  constructor(private readonly deps: { name: string; clock: Clock; logger: Logger }) {}

  /** Calls `work`, unless the breaker is open. Never rejects. */
  async read<Value>(work: () => Promise<Value>): Promise<Reading<Value>> {
    const probe = this.#isOpen;
    if (probe && (this.#probing || this.deps.clock() < this.#probeAtMs)) return FAILED;
    if (probe) this.#probing = true;
    try {
      const value = await work();
      this.#succeeded();
      return { failed: false, value };
    } catch (error) {
      this.#failed(error, probe);
      return FAILED;
    } finally {
      if (probe) this.#probing = false;
    }
  }

  get #isOpen(): boolean {
    return this.#failures >= FAILURES_TO_OPEN;
  }

  #succeeded(): void {
    const wasOpen = this.#isOpen;
    this.#failures = 0;
    if (wasOpen) this.deps.logger.info({ dependency: this.deps.name }, 'circuit breaker closed');
  }

  #failed(error: unknown, probe: boolean): void {
    const { name, clock, logger } = this.deps;
    this.#failures += 1;
    const opens = this.#failures === FAILURES_TO_OPEN;
    if (probe || opens) this.#probeAtMs = clock() + PROBE_AFTER_MS;
    if (opens)
      logger.warn({ err: error, dependency: name }, 'circuit breaker opened; feeds are degraded without it');
  }
}

/**
 * Returns the result of `read` if it arrives within `timeoutMs`.
 *
 * @throws {Error} the error of `read`, or a timeout error.
 */
export async function inTime<Result>(read: () => Promise<Result>, timeoutMs: number): Promise<Result> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      read(),
      wait(timeoutMs, undefined, { signal: timer.signal }).then(() => {
        throw new Error(`The read took over ${timeoutMs} ms.`);
      }),
    ]);
  } finally {
    timer.abort();
  }
}
