import type { Clock } from './clock.js';
import type { Logger } from './logger.js';
import { SECOND_MS } from './time.js';

/** The result of a call, or that the call failed or was not made. */
export type CallResult<Value> = { readonly failed: false; readonly value: Value } | { readonly failed: true };

const FAILED = { failed: true } as const;

const FAILURES_TO_OPEN = 5;
const PROBE_AFTER_MS = SECOND_MS;

/**
 * Stops calls to a failing dependency. It opens after 5 consecutive failures; calls then fail at once, except for one
 * probe at a time. The first probe runs 1 s after opening, each next one 1 s after the last one failed. One success
 * closes the breaker. Opening and closing are logged; single failures are not.
 *
 * Not cockatiel's `circuitBreaker`: there, calls during a probe wait for its result, but a feed must not wait; and it
 * reads `Date.now()`, but time is an argument here.
 */
export class CircuitBreaker {
  #failures = 0;
  #probeAtMs = -Infinity;
  #isProbing = false;

  /** @param deps.name what is called, for the log. */
  constructor(private readonly deps: { name: string; clock: Clock; logger: Logger }) {}

  /** Calls `work`, unless the breaker is open. Never rejects. */
  async call<Value>(work: () => Promise<Value>): Promise<CallResult<Value>> {
    const isProbe = this.#isOpen;
    if (isProbe && (this.#isProbing || this.deps.clock() < this.#probeAtMs)) return FAILED;
    if (isProbe) this.#isProbing = true;
    try {
      const value = await work();
      this.#succeeded();
      return { failed: false, value };
    } catch (error) {
      this.#failed(error, isProbe);
      return FAILED;
    } finally {
      if (isProbe) this.#isProbing = false;
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

  #failed(error: unknown, isProbe: boolean): void {
    const { name, clock, logger } = this.deps;
    this.#failures += 1;
    const opens = this.#failures === FAILURES_TO_OPEN;
    if (isProbe || opens) this.#probeAtMs = clock() + PROBE_AFTER_MS;
    if (!opens) return;
    logger.warn({ err: error, dependency: name }, 'circuit breaker opened; serving without this dependency');
  }
}
