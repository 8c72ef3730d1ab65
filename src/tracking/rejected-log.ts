import type { Clock } from '../lib/clock.js';
import { personalKeyProblem } from '../lib/input/personal-key.js';
import type { Logger } from '../lib/logger.js';
import type { RejectedEvent, RejectedEventRepository } from '../storage/events/rejected-event-repository.js';

/** Bound of the queue. Events beyond it are counted in the log and dropped. */
const MAX_QUEUED = 1_000;

/** A longer event is truncated. */
const MAX_EVENT_CHARACTERS = 8_000;

/** Stores rejected events for staff (`bellwether events rejected`). Requests do not wait for it. */
export class RejectedLog {
  #queued: RejectedEvent[] = [];
  #writing: Promise<void> | null = null;
  /** The statement in progress. */
  #statement: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: {
      repository: Pick<RejectedEventRepository, 'add'>;
      /** Whether data may be stored under a user key. */
      mayStore: (userKey: string) => boolean;
      clock: Clock;
      logger: Logger;
    },
  ) {}

  /** Adds events, except those of users who opted out or were erased. */
  add(origin: string, events: readonly { readonly event: unknown; readonly reason: string }[]): void {
    if (events.length === 0) return;
    const rejectedAt = new Date(this.deps.clock());
    const stored = events.filter(({ event }) => this.#mayStore(event));
    const room = MAX_QUEUED - this.#queued.length;
    for (const { event, reason } of stored.slice(0, room)) {
      this.#queued.push({ rejectedAt, origin, reason, event: storable(withoutPersonalKey(event)) });
    }
    this.deps.logger.warn(
      { origin, count: events.length, dropped: Math.max(0, stored.length - room) },
      'events rejected',
    );
    if (this.#queued.length > 0) this.#writing ??= this.#write();
  }

  /** Drops queued events of users; `all`: of all users. */
  drop(userKeys: readonly string[] | 'all'): void {
    const dropped = userKeys === 'all' ? undefined : new Set<unknown>(userKeys);
    this.#queued = this.#queued.filter(
      ({ event }) => dropped !== undefined && !dropped.has(userKeyOf(event)),
    );
  }

  /** Resolves when the write in progress has ended. */
  written(): Promise<void> {
    return this.#statement;
  }

  /** Resolves when every added event is written. */
  async drain(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#queued.length > 0) {
      const events = this.#queued.filter(({ event }) => this.#mayStore(event));
      this.#queued = [];
      if (events.length === 0) continue;
      this.#statement = this.deps.repository.add(events).catch((error: unknown) => {
        this.deps.logger.error(
          { err: error, count: events.length },
          'failed to store rejected events; they are dropped',
        );
      });
      await this.#statement;
    }
    // In the same turn as the last check of the queue, so that a later event starts a new write.
    this.#writing = null;
  }

  #mayStore(event: unknown): boolean {
    const userKey = userKeyOf(event);
    return typeof userKey !== 'string' || this.deps.mayStore(userKey);
  }
}

function userKeyOf(event: unknown): unknown {
  return typeof event === 'object' && event !== null && 'userKey' in event ? event.userKey : undefined;
}

/** Removes a user key that may be an email address or a phone number. */
function withoutPersonalKey(event: unknown): unknown {
  const userKey = userKeyOf(event);
  if (typeof userKey !== 'string' || personalKeyProblem(userKey) === undefined) return event;
  return { ...(event as object), userKey: '(removed)' };
}

/** U+0000 and lone surrogates, as JSON escapes them. PostgreSQL rejects both. */
const NOT_STORABLE = /\\u(0000|d[89a-f])/;

/**
 * Returns an event that PostgreSQL can store: long ones truncated, and unstorable characters escaped. The user key, if it can be
 * stored, stays a field of its own, by which an erasure finds the event.
 */
function storable(event: unknown): unknown {
  const text = JSON.stringify(event);
  const userKey = userKeyOf(event);
  const owner =
    typeof userKey === 'string' &&
    userKey.length <= MAX_EVENT_CHARACTERS &&
    !NOT_STORABLE.test(JSON.stringify(userKey))
      ? { userKey }
      : {};
  if (text.length > MAX_EVENT_CHARACTERS) {
    return { ...owner, cut: text.slice(0, MAX_EVENT_CHARACTERS).toWellFormed() };
  }
  return NOT_STORABLE.test(text) ? { ...owner, escaped: JSON.stringify(text) } : event;
}
