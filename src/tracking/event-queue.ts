import { setTimeout as wait } from 'node:timers/promises';
import { BellwetherError } from '../errors.js';
import type { CommittedEvent, PreparedEvent } from './take-in-events.js';

export interface EventQueueOptions {
  /**
   * Stores events in one transaction: all of them or none. A {@link BellwetherError} concerns all of them; for any other
   * error the events that cause it are isolated.
   */
  readonly commit: (events: readonly PreparedEvent[]) => Promise<readonly CommittedEvent[]>;
  /** How long the first event of a group waits for others, in milliseconds; 0: until the next turn. */
  readonly maxWaitMs: number;
  /** Events of one group, but for a batch that alone is larger. */
  readonly maxEvents: number;
  /** Events that may wait; more are refused. */
  readonly maxQueued: number;
  /** How long events may wait before they are rejected; also how long events that cause a failure are isolated. */
  readonly maxQueuedMs: number;
  readonly clock: () => number;
  /** Told of events that fail even alone, with why. */
  readonly onPoison: (events: readonly PreparedEvent[], error: unknown) => void;
}

interface Entry {
  readonly events: readonly PreparedEvent[];
  readonly since: number;
  readonly resolve: (committed: CommittedEvent[]) => void;
  readonly reject: (error: unknown) => void;
}

const RETRY_AFTER_MS = 1_000;

/**
 * Group commit: events of concurrent requests share a transaction, and so its one flush to disk. While
 * a group is being stored, the next one gathers. An answer is given only after the commit.
 */
export class EventQueue {
  readonly #options: EventQueueOptions;
  #entries: Entry[] = [];
  #queued = 0;
  #running: Promise<void> | null = null;

  constructor(options: EventQueueOptions) {
    this.#options = options;
  }

  /**
   * Stores events together with others.
   *
   * @throws {BellwetherError} UNAVAILABLE when too many wait already, or these waited for too long, or the
   *   database does not take them: then none is stored, or whether they are is not known.
   */
  add(events: readonly PreparedEvent[]): Promise<CommittedEvent[]> {
    if (this.#queued + events.length > this.#options.maxQueued) {
      return Promise.reject(
        BellwetherError.unavailable('Too many events are waiting to be stored.', RETRY_AFTER_MS),
      );
    }
    return new Promise((resolve, reject) => {
      this.#entries.push({ events, since: this.#options.clock(), resolve, reject });
      this.#queued += events.length;
      this.#running ??= this.#run();
    });
  }

  /** Resolves when everything that was added is answered. */
  async drain(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  async #run(): Promise<void> {
    try {
      await wait(this.#options.maxWaitMs);
      while (this.#entries.length > 0) await this.#store(this.#nextGroup());
    } finally {
      // In the same turn as the last look: what is added later begins a new run.
      this.#running = null;
    }
  }

  #nextGroup(): Entry[] {
    const { maxEvents, maxQueuedMs, clock } = this.#options;
    const group: Entry[] = [];
    const oldest = clock() - maxQueuedMs;
    let size = 0;
    let taken = 0;
    for (const entry of this.#entries) {
      if (group.length > 0 && size + entry.events.length > maxEvents) break;
      taken += 1;
      this.#queued -= entry.events.length;
      if (entry.since < oldest) {
        entry.reject(BellwetherError.unavailable('The event waited too long to be stored.', RETRY_AFTER_MS));
        continue;
      }
      group.push(entry);
      size += entry.events.length;
    }
    this.#entries = this.#entries.slice(taken);
    return group;
  }

  /** @param isolateUntil time after which events that cause a failure are no longer searched for. */
  async #store(group: readonly Entry[], isolateUntil?: number): Promise<void> {
    if (group.length === 0) return;
    try {
      const committed = await this.#options.commit(group.flatMap(({ events }) => events));
      let start = 0;
      for (const { events, resolve } of group) resolve(committed.slice(start, (start += events.length)));
    } catch (error) {
      if (error instanceof BellwetherError) for (const { reject } of group) reject(error);
      else if (group.length > 1) await this.#storeHalves(group, error, isolateUntil);
      else for (const entry of group) this.#rejectPoison(entry, error);
    }
  }

  /** Isolates the events that cause a failure in a number of commits that grows with their number, not the group's. */
  async #storeHalves(group: readonly Entry[], error: unknown, isolateUntil?: number): Promise<void> {
    const { clock, maxQueuedMs } = this.#options;
    const until = isolateUntil ?? clock() + maxQueuedMs;
    const middle = Math.ceil(group.length / 2);
    for (const half of [group.slice(0, middle), group.slice(middle)]) {
      if (clock() <= until) await this.#store(half, until);
      else for (const { reject } of half) reject(notIsolated(error));
    }
  }

  #rejectPoison({ events, reject }: Entry, error: unknown): void {
    this.#options.onPoison(events, error);
    reject(error);
  }
}

function notIsolated(error: unknown): BellwetherError {
  const message = 'Other events of the same commit could not be stored; send the event again.';
  return BellwetherError.unavailable(message, RETRY_AFTER_MS, error);
}
