import { setTimeout as wait } from 'node:timers/promises';
import { BellwetherError } from '../lib/errors.js';
import { hashUserKey } from '../profiles/user-key-hash.js';
import { RETRY_AFTER_MS } from '../storage/database-errors.js';
import type { CommittedEvent } from './commit-events.js';
import { ProfilesLocked } from './locked-users.js';
import type { PreparedEvent } from './prepare-event.js';

export interface EventQueueOptions {
  /**
   * Stores events in one transaction: all of them or none. A {@link BellwetherError} concerns all of them, and
   * {@link ProfilesLocked} the users that it names. For any other error, the events that cause it are isolated.
   */
  readonly commit: (events: readonly PreparedEvent[]) => Promise<readonly CommittedEvent[]>;
  /** Groups that are committed at the same time. A user's events share a lane, except those in batches of other users. */
  readonly lanes: number;
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

/** The events of some of the users: they are committed one group after the other. */
interface Lane {
  entries: Entry[];
  running: Promise<void> | null;
}

interface Entry {
  readonly events: readonly PreparedEvent[];
  readonly since: number;
  readonly resolve: (committed: CommittedEvent[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: events of concurrent requests share a transaction, and so its one flush to disk. While a lane commits a
 * group, the next one gathers. An answer is given only after the commit.
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
   * Stores events together with others. A batch goes to the lane of its first user.
   *
   * @throws {BellwetherError} UNAVAILABLE when too many wait already, these waited for too long, another transaction
   *   holds the profile of one of the users, or the database does not accept the events: then none is stored, or it is
   *   unknown whether they are.
   */
  add(events: readonly PreparedEvent[]): Promise<CommittedEvent[]> {
    if (this.#queued + events.length > this.#options.maxQueued) {
      return Promise.reject(
        BellwetherError.unavailable('Too many events are waiting to be stored.', RETRY_AFTER_MS),
      );
    }
    const lane = this.#laneOf(events);
    if (lane === undefined) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      lane.entries.push({ events, since: this.#options.clock(), resolve, reject });
      this.#queued += events.length;
      lane.running ??= this.#run(lane);
    });
  }

  /** Resolves when everything that was added is answered. */
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
      // In the same turn as the last look: what is added later begins a new run.
      lane.running = null;
    }
  }

  #nextGroup(lane: Lane): Entry[] {
    const { maxEvents, maxQueuedMs, clock } = this.#options;
    const group: Entry[] = [];
    const oldest = clock() - maxQueuedMs;
    let size = 0;
    let taken = 0;
    for (const entry of lane.entries) {
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
    lane.entries = lane.entries.slice(taken);
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
      if (error instanceof ProfilesLocked) await this.#storeOthers(group, error, isolateUntil);
      else if (error instanceof BellwetherError) for (const { reject } of group) reject(error);
      else if (group.length > 1) await this.#storeHalves(group, error, isolateUntil);
      else for (const entry of group) this.#rejectPoison(entry, error);
    }
  }

  /** Rejects the events of users whose profiles are locked, and stores the others. */
  async #storeOthers(group: readonly Entry[], error: ProfilesLocked, isolateUntil?: number): Promise<void> {
    const { clock, maxQueuedMs } = this.#options;
    const until = isolateUntil ?? clock() + maxQueuedMs;
    const isLate = clock() > until;
    const others: Entry[] = [];
    for (const entry of group) {
      const isLocked = entry.events.some(({ interaction }) => error.userKeys.has(interaction.userKey));
      if (isLocked) entry.reject(error.toUnavailable());
      else if (isLate) entry.reject(notIsolated(error.lockError));
      else others.push(entry);
    }
    await this.#store(others, until);
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
