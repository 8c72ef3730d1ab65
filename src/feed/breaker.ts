import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';

/** What was read, or that it could not be had. */
export type Reading<Value> = { readonly failed: false; readonly value: Value } | { readonly failed: true };

const FAILED = { failed: true } as const;

const FAILURES_TO_OPEN = 5;
const PROBE_AFTER_MS = 1_000;

/**
 * Stops asking a part that is dead. After 5 failures in a row it is open: reading fails at once, but for one
 * probe at a time, the first a second after it opened, each next one a second after the last one failed. One
 * success closes it. It logs when it opens and when it closes, and not each failure.
 */
export class Breaker {
  #failures = 0;
  #probeAtMs = -Infinity;
  #probing = false;

  /** @param name what is read, in the plural, for the log. */
  constructor(private readonly deps: { name: string; clock: Clock; logger: Logger }) {}

  /** Reads, unless it is open. Never rejects. */
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
    if (wasOpen) this.deps.logger.info(`${this.deps.name} can be read again`);
  }

  #failed(error: unknown, probe: boolean): void {
    const { name, clock, logger } = this.deps;
    this.#failures += 1;
    const opens = this.#failures === FAILURES_TO_OPEN;
    if (probe || opens) this.#probeAtMs = clock() + PROBE_AFTER_MS;
    if (opens) logger.warn({ err: error }, `${name} cannot be read; feeds do without them`);
  }
}
