import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import type { RejectedEvent, RejectedEventRepository } from '../storage/events/rejected-event-repository.js';

/** More than this many wait for the database only while something is very wrong; the rest is only counted. */
const MAX_WAITING = 1_000;

/** A large event is cut: the log is there to see what is wrong, not to keep everything. */
const MAX_EVENT_CHARACTERS = 8_000;

/** Writes events that nobody could take where staff can see them. It never holds up a request. */
export class RejectedLog {
  #waiting: RejectedEvent[] = [];
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
    const room = MAX_WAITING - this.#waiting.length;
    for (const { event, reason } of events.slice(0, room)) {
      this.#waiting.push({ rejectedAt, origin, reason, event: short(event) });
    }
    this.deps.logger.warn(
      { origin, count: events.length, lost: Math.max(0, events.length - room) },
      'events rejected',
    );
    this.#writing ??= this.#write();
  }

  /** Resolves when everything that was added is written. */
  async drain(): Promise<void> {
    while (this.#writing !== null) await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const events = this.#waiting;
      this.#waiting = [];
      await this.deps.repository.add(events).catch((error: unknown) => {
        this.deps.logger.error(
          { err: error, count: events.length },
          'rejected events could not be written down',
        );
      });
    }
    // In the same turn as the last look: what is added later begins anew.
    this.#writing = null;
  }
}

/** As JSON shows them: U+0000, and halves of a character that stand alone. */
const NOT_STORABLE = /\\u(0000|d[89a-f])/;

/** An event as it can be stored: no longer than a page, and without characters that PostgreSQL does not take. */
function short(event: unknown): unknown {
  const text = JSON.stringify(event);
  if (text.length > MAX_EVENT_CHARACTERS) return { cut: text.slice(0, MAX_EVENT_CHARACTERS).toWellFormed() };
  return NOT_STORABLE.test(text) ? { escaped: JSON.stringify(text) } : event;
}
