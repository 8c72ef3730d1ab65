import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import type { Recording } from '../storage/events/recording.js';
import type { Store } from '../storage/store.js';
import { isUnavailable } from '../storage/database-errors.js';

/**
 * Checks whether the database accepts events. While commits succeed, a check costs one read. After a failed commit, it
 * records an event and rolls it back, so that readiness returns without traffic and does not flap.
 */
export class WriteCheck {
  #isFailing = false;

  constructor(
    private readonly deps: {
      readonly store: Pick<Store, 'isReadOnly' | 'rehearse'>;
      readonly sinks: readonly string[];
      readonly clock: Clock;
      readonly newId: () => string;
      readonly logger: Logger;
    },
  ) {}

  commitSucceeded(): void {
    if (this.#isFailing) this.deps.logger.info('database accepts events again');
    this.#isFailing = false;
  }

  /** Reports a commit that the database rejected or did not answer. */
  commitFailed(error: unknown): void {
    const level = this.#isFailing ? 'debug' : 'warn';
    this.deps.logger[level]({ err: error }, 'failed to store events; clients are asked to retry');
    this.#isFailing = true;
  }

  /** @throws the error of the database or the connection, if it does not answer. */
  async acceptsWrites(): Promise<boolean> {
    if (await this.deps.store.isReadOnly()) return false;
    if (!this.#isFailing) return true;
    try {
      await this.deps.store.rehearse(this.#recording());
    } catch (error) {
      if (isUnavailable(error)) return false;
      throw error;
    }
    this.commitSucceeded();
    return true;
  }

  /** Creates an event of a new user, so that checks of several replicas do not wait for each other. */
  #recording(): Recording {
    const { sinks, clock, newId } = this.deps;
    const id = newId();
    const userKey = `bellwether-readiness-${id}`;
    const at = new Date(clock());
    return {
      events: [
        {
          interaction: {
            ...{ id, userKey, marketId: id, eventType: 'IMPRESSION', weight: 0, dwellMs: null },
            ...{ position: null, country: null, sessionId: null, feedId: null, stake: null, context: null },
            ...{ clientEventId: id, probability: null, volume24h: null, clamped: false, section: null },
            ...{ occurredAt: at, receivedAt: at, attribution: null },
          },
          ...{ marketNumber: 0, servingId: null },
        },
      ],
      sinks,
      claim: true,
    };
  }
}
