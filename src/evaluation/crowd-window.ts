import type { TrendingRow } from '../scoring/shared/trending.js';
import { Queue } from './queue.js';

/** An event that counts towards trends. */
export interface CrowdEvent extends TrendingRow {
  readonly country: string | null;
}

/** The events of the last so much time; older ones are forgotten, so memory grows with the window alone. */
export class CrowdWindow {
  readonly #windowMs: number;
  readonly #events = new Queue<CrowdEvent>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Takes in an event, none older than the last. */
  add(event: CrowdEvent): void {
    this.#events.push(event);
  }

  /**
   * What happened strictly before an instant with markets that were open.
   *
   * @param nowMs at or after that of the last call.
   */
  before(nowMs: number, isOpen: (marketId: string) => boolean): CrowdEvent[] {
    while ((this.#events.peek()?.atMs ?? Infinity) < nowMs - this.#windowMs) this.#events.shift();
    const events: CrowdEvent[] = [];
    for (const event of this.#events) {
      if (event.atMs >= nowMs) break;
      if (isOpen(event.marketId)) events.push(event);
    }
    return events;
  }
}
