import type { Clock } from '../lib/clock.js';
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

  constructor(
    private readonly deps: {
      repository: Pick<RejectedEventRepository, 'add'>;
      clock: Clock;
      logger: Logger;
    },
  ) {}

  add(origin: string, events: readonly { readonly event: unknown; readonly reason: string }[]): void {
    if (events.length === 0) return;
    const rejectedAt = new Date(this.deps.clock());
    const room = MAX_QUEUED - this.#queued.length;
    for (const { event, reason } of events.slice(0, room)) {
      this.#queued.push({ rejectedAt, origin, reason, event: storable(event) });
    }
    this.deps.logger.warn(
      { origin, count: events.length, dropped: Math.max(0, events.length - room) },
      'events rejected',
    );
    this.#writing ??= this.#write();
  }

  /** Resolves when every added event is written. */
  async drain(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#queued.length > 0) {
      const events = this.#queued;
      this.#queued = [];
      await this.deps.repository.add(events).catch((error: unknown) => {
        this.deps.logger.error(
          { err: error, count: events.length },
          'failed to store rejected events; they are dropped',
        );
      });
    }
    // In the same turn as the last check of the queue, so that a later event starts a new write.
    this.#writing = null;
  }
}

/** U+0000 and lone surrogates, as JSON escapes them. PostgreSQL rejects both. */
const NOT_STORABLE = /\\u(0000|d[89a-f])/;

/** Returns an event that PostgreSQL can store: long ones truncated, and unstorable characters escaped. */
function storable(event: unknown): unknown {
  const text = JSON.stringify(event);
  if (text.length > MAX_EVENT_CHARACTERS) return { cut: text.slice(0, MAX_EVENT_CHARACTERS).toWellFormed() };
  return NOT_STORABLE.test(text) ? { escaped: JSON.stringify(text) } : event;
}
