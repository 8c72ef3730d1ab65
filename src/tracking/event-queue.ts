import { setTimeout as wait } from 'node:timers/promises';
import { BellwetherError } from '../lib/errors.js';
import { hashUserKey } from '../domain/profile.js';
import { RETRY_AFTER_MS } from '../storage/database-errors.js';
import type { EventOutcome } from './commit-events.js';
import { ProfilesLocked } from './locked-users.js';
import type { PreparedEvent } from '../domain/event.js';

export interface EventQueueOptions {
  /**
   * Stores events in one transaction, all or none. A {@link BellwetherError} rejects all of them, and
   * {@link ProfilesLocked} the events of the users it names. For any other error, the queue isolates the events that cause
   * it.
   */
  readonly commit: (events: readonly PreparedEvent[]) => Promise<readonly EventOutcome[]>;
  /** Groups committed concurrently. A user's events share a lane, except those in a batch that begins with another user. */
  readonly lanes: number;
  /** How long the first event of a group waits for others, in milliseconds; 0: until the next turn of the event loop. */
  readonly maxWaitMs: number;
  /** Maximum events of a group; a larger batch is a group of its own. */
  readonly maxEvents: number;
  /** Maximum events in the queue; further ones are rejected. */
  readonly maxQueued: number;
  /** Maximum time in the queue in milliseconds; also the time limit for isolating events that cause a failure. */
  readonly maxQueuedMs: number;
  readonly clock: () => number;
  /** Receives events that fail even in a commit of their own. */
  readonly onRejected: (events: readonly PreparedEvent[], error: unknown) => void;
}

const WAITED_TOO_LONG = 'The events waited too long to be stored; send them again after retryAfterMs.';

/** The queued events of some of the users; their groups are committed one after the other. */
interface Lane {
  entries: Entry[];
  running: Promise<void> | null;
}

/** A batch in the queue. */
interface Entry {
  readonly events: readonly PreparedEvent[];
  readonly addedAtMs: number;
  readonly resolve: (outcomes: EventOutcome[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: events of concurrent requests share a transaction and its flush to disk. While a lane commits a group, the
 * next one gathers. A result is returned only after the commit.
 */
export class EventQueue {
  readonly #options: EventQueueOptions;
  readonly #lanes: readonly Lane[];
  #queued = 0;

  constructor(options: EventQueueOptions) {
    this.#options = options;
    this.#lanes = Array.from({ length: options.lanes }, () => ({ entries: [], running: null }));
  }

  /**
   * Stores events, possibly in a transaction with others. A batch goes to the lane of its first user.
   *
   * @throws {BellwetherError} UNAVAILABLE if the queue is full, the events waited too long, another transaction locks the
   *   profile of one of the users, or the database does not accept the events. Then none is stored, unless the result of
   *   the commit was lost.
   */
  add(events: readonly PreparedEvent[]): Promise<EventOutcome[]> {
    if (this.#queued + events.length > this.#options.maxQueued) {
      return Promise.reject(
        BellwetherError.unavailable(
          'Too many events are waiting to be stored; send them again after retryAfterMs.',
          RETRY_AFTER_MS,
        ),
      );
    }
    const lane = this.#laneOf(events);
    if (lane === undefined) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      lane.entries.push({ events, addedAtMs: this.#options.clock(), resolve, reject });
      this.#queued += events.length;
      lane.running ??= this.#run(lane);
    });
  }

  /** Resolves when every added event has its result. */
  async drain(): Promise<void> {
    while (this.#lanes.some(({ running }) => running !== null)) {
      for (const { running } of this.#lanes) await running;
    }
  }

  #laneOf([first]: readonly PreparedEvent[]): Lane | undefined {
    return first && this.#lanes[hashUserKey(first.interaction.userKey) % this.#lanes.length];
  }

  async #run(lane: Lane): Promise<void> {
    try {
      await wait(this.#options.maxWaitMs);
      while (lane.entries.length > 0) await this.#store(this.#nextGroup(lane));
    } finally {
      // In the same turn as the last check of the queue, so that a later event starts a new run.
      lane.running = null;
    }
  }

  #nextGroup(lane: Lane): Entry[] {
    const { maxEvents, maxQueuedMs, clock } = this.#options;
    const group: Entry[] = [];
    const oldestMs = clock() - maxQueuedMs;
    let size = 0;
    let taken = 0;
    for (const entry of lane.entries) {
      if (group.length > 0 && size + entry.events.length > maxEvents) break;
      taken += 1;
      this.#queued -= entry.events.length;
      if (entry.addedAtMs < oldestMs) {
        entry.reject(BellwetherError.unavailable(WAITED_TOO_LONG, RETRY_AFTER_MS));
        continue;
      }
      group.push(entry);
      size += entry.events.length;
    }
    lane.entries = lane.entries.slice(taken);
    return group;
  }

  /** @param isolateUntil end of the time for isolating events that cause a failure. */
  async #store(group: readonly Entry[], isolateUntil?: number): Promise<void> {
    if (group.length === 0) return;
    try {
      const committed = await this.#options.commit(group.flatMap(({ events }) => events));
      let start = 0;
      for (const { events, resolve } of group) resolve(committed.slice(start, (start += events.length)));
    } catch (error) {
      if (error instanceof ProfilesLocked) await this.#storeUnlocked(group, error, isolateUntil);
      else if (error instanceof BellwetherError) for (const { reject } of group) reject(error);
      else if (group.length > 1) await this.#storeHalves(group, error, isolateUntil);
      else for (const entry of group) this.#rejectEntry(entry, error);
    }
  }

  /** Rejects the events of users whose profiles are locked, and stores the others. */
  async #storeUnlocked(group: readonly Entry[], error: ProfilesLocked, isolateUntil?: number): Promise<void> {
    const { clock, maxQueuedMs } = this.#options;
    const until = isolateUntil ?? clock() + maxQueuedMs;
    const isLate = clock() > until;
    const unlocked: Entry[] = [];
    for (const entry of group) {
      const isLocked = entry.events.some(({ interaction }) => error.userKeys.has(interaction.userKey));
      if (isLocked) entry.reject(error.toUnavailable());
      else if (isLate) entry.reject(notIsolated(error.lockError));
      else unlocked.push(entry);
    }
    await this.#store(unlocked, until);
  }

  /**
   * Isolates the events that cause a failure by bisection: the number of commits grows with the number of such events, and
   * only logarithmically with the size of the group.
   */
  async #storeHalves(group: readonly Entry[], error: unknown, isolateUntil?: number): Promise<void> {
    const { clock, maxQueuedMs } = this.#options;
    const until = isolateUntil ?? clock() + maxQueuedMs;
    const middle = Math.ceil(group.length / 2);
    for (const half of [group.slice(0, middle), group.slice(middle)]) {
      if (clock() <= until) await this.#store(half, until);
      else for (const { reject } of half) reject(notIsolated(error));
    }
  }

  #rejectEntry({ events, reject }: Entry, error: unknown): void {
    this.#options.onRejected(events, error);
    reject(error);
  }
}

/** For events that shared a failed commit and were not retried in time. */
function notIsolated(error: unknown): BellwetherError {
  const message =
    'Other events of the same commit could not be stored; send the event again after retryAfterMs.';
  return BellwetherError.unavailable(message, RETRY_AFTER_MS, error);
}
