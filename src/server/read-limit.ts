import { performance, type EventLoopUtilization } from 'node:perf_hooks';

/** How long accepted reads may wait for each other. */
const TARGET_WAIT_MS = 40;

/** Reads that are always accepted: enough to use a processor fully while some of them wait for the database. */
export const MIN_READS = 32;

/** Bound for reads that wait for a slow database, which costs memory but no processor. */
export const MAX_READS = 1_000;

/** A window of the measurement has at least this length and this number of completed reads, unless it gets too long. */
const MIN_WINDOW_MS = 100;
const MAX_WINDOW_MS = 500;
const MIN_SAMPLE = 5;

/** Share of active time from which the event loop is the bottleneck. */
const BUSY = 0.85;

/** Weight of the latest window in the average. */
const SMOOTHING = 0.2;

/** The time of the event loop: how much of it was active. */
export type Utilization = (since?: EventLoopUtilization) => EventLoopUtilization;

/**
 * Bounds the reads in progress, so that accepted ones respond soon and the others are rejected at once, before any work.
 *
 * All reads share one event loop. So the wait of a read is the number of reads in progress times the processor time of one
 * (Little's law), and the limit is the number that can be computed within the target. The cost is measured: the active time
 * of the event loop per completed read, with everything else that the process does. So the limit follows the size of the
 * catalog and the speed of the machine. While the event loop is not busy, reads wait for the database and not for each
 * other, so only a bound for memory applies.
 *
 * Not `@fastify/under-pressure`: it rejects every request while the event loop is late, also writes and those that would be
 * served next, and accepts every request again in the next sample. Between the two, the goodput of an overloaded process
 * swings; and its thresholds would need tuning for each machine.
 */
export class ReadLimit {
  #inProgress = 0;
  #completed = 0;
  #costMs: number | undefined;
  #isBusy = false;
  #windowStart: EventLoopUtilization;
  #windowStartMs: number;

  constructor(
    private readonly deps: { readonly nowMs: () => number; readonly utilization: Utilization } = {
      nowMs: () => performance.now(),
      utilization: (since) => performance.eventLoopUtilization(since),
    },
  ) {
    this.#windowStart = deps.utilization();
    this.#windowStartMs = deps.nowMs();
  }

  /** Maximum number of reads in progress. */
  get limit(): number {
    if (!this.#isBusy || this.#costMs === undefined) return MAX_READS;
    return Math.min(MAX_READS, Math.max(MIN_READS, Math.floor(TARGET_WAIT_MS / this.#costMs)));
  }

  /** Whether another read may begin; it then counts until {@link end}. */
  tryBegin(): boolean {
    this.#measure();
    if (this.#inProgress >= this.limit) return false;
    this.#inProgress += 1;
    return true;
  }

  end(): void {
    this.#inProgress -= 1;
    this.#completed += 1;
    this.#measure();
  }

  #measure(): void {
    const nowMs = this.deps.nowMs();
    const windowMs = nowMs - this.#windowStartMs;
    if (windowMs < MIN_WINDOW_MS) return;
    if (windowMs < MAX_WINDOW_MS && this.#completed < MIN_SAMPLE) return;
    const { active } = this.deps.utilization(this.#windowStart);
    this.#isBusy = active >= BUSY * windowMs;
    // Of few reads in a window that is not busy, other work is most of the active time.
    if (this.#completed >= MIN_SAMPLE || (this.#isBusy && this.#completed > 0)) {
      const costMs = active / this.#completed;
      this.#costMs = this.#costMs === undefined ? costMs : this.#costMs + SMOOTHING * (costMs - this.#costMs);
    }
    this.#completed = 0;
    this.#windowStart = this.deps.utilization();
    this.#windowStartMs = nowMs;
  }
}
