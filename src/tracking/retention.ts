import type { RankingConfig } from '../config/ranking-schema.js';
import type { InteractionRepository } from '../storage/events/interaction-repository.js';
import type { PartitionedTable, OldPartitions } from '../storage/partitions.js';
import type { ProfileRepository } from '../storage/profiles/profile-repository.js';

/** What a run removed. */
export interface RetentionResult {
  readonly droppedPartitions: readonly string[];
  /** Those that were in use for too long; the next run tries them again. */
  readonly postponedPartitions: readonly string[];
  readonly removedClientEvents: number;
}

/** By name. */
export interface DroppedPartitions {
  readonly dropped: readonly string[];
  /** Those that were in use for too long; to be tried again. */
  readonly postponed: readonly string[];
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** For so long a client event id has to be known. */
const CLIENT_EVENT_DAYS = 7;

const PROFILES_AT_ONCE = 100;
const CLIENT_EVENTS_AT_ONCE = 10_000;

/** Removes what is too old: events by whole months, served feeds by six hours and by one, client event ids. */
export class Retention {
  constructor(
    private readonly deps: {
      readonly store: {
        readonly interactions: Pick<InteractionRepository, 'removeClientEvents'>;
        readonly profiles: Pick<ProfileRepository, 'load' | 'withoutState'>;
      };
      readonly partitions: Pick<OldPartitions, 'endedBefore' | 'drop'>;
      /** As it is now. */
      readonly config: () => Pick<RankingConfig, 'retention' | 'feed'>;
    },
  ) {}

  /**
   * Drops the months of events that lie wholly before what the config keeps, and removes client event ids that mean
   * nothing any more.
   *
   * @param options.signal ends it before the next step; what was done is kept.
   */
  async run({ now, signal }: { now: Date; signal: AbortSignal }): Promise<RetentionResult> {
    const { interactionsDays } = this.deps.config().retention;
    const removedClientEvents = await this.#removeClientEvents(
      before(now, CLIENT_EVENT_DAYS * DAY_MS),
      signal,
    );
    const events = await this.#dropBefore('interactions', before(now, interactionsDays * DAY_MS), signal);
    return {
      droppedPartitions: events.dropped,
      postponedPartitions: events.postponed,
      removedClientEvents,
    };
  }

  /**
   * Drops the partitions of the served feeds that lie wholly before what the config keeps: pages after
   * `retention.rankingsHours`, what follows them after `feed.keepMinutes`.
   *
   * @param signal ends it before the next partition.
   */
  async dropServedFeeds(now: Date, signal: AbortSignal): Promise<DroppedPartitions> {
    const { retention, feed } = this.deps.config();
    const rests = await this.#dropBefore(
      'served_feed_rests',
      before(now, feed.keepMinutes * MINUTE_MS),
      signal,
    );
    const pages = await this.#dropBefore(
      'served_feeds',
      before(now, retention.rankingsHours * HOUR_MS),
      signal,
    );
    return {
      dropped: [...rests.dropped, ...pages.dropped],
      postponed: [...rests.postponed, ...pages.postponed],
    };
  }

  async #dropBefore(table: PartitionedTable, instant: Date, signal: AbortSignal): Promise<DroppedPartitions> {
    const { partitions } = this.deps;
    const old = signal.aborted ? [] : await partitions.endedBefore(table, instant);
    if (table === 'interactions' && old.length > 0) await this.#makeProfiles(signal);
    const dropped: string[] = [];
    const postponed: string[] = [];
    for (const partition of old) {
      if (signal.aborted) break;
      const isDropped = await partitions.drop(partition);
      (isDropped ? dropped : postponed).push(partition.name);
    }
    return { dropped, postponed };
  }

  /** A profile that is yet to be made from the events has to be, while they are all there. */
  async #makeProfiles(signal: AbortSignal): Promise<void> {
    const { profiles } = this.deps.store;
    let last = '';
    while (!signal.aborted) {
      const keys = await profiles.withoutState(last, PROFILES_AT_ONCE);
      await profiles.load(keys);
      if (keys.length < PROFILES_AT_ONCE) return;
      last = keys.at(-1) ?? last;
    }
  }

  async #removeClientEvents(instant: Date, signal: AbortSignal): Promise<number> {
    let removed = 0;
    let from = new Date(0);
    while (!signal.aborted) {
      const step = await this.deps.store.interactions.removeClientEvents(
        from,
        instant,
        CLIENT_EVENTS_AT_ONCE,
      );
      removed += step.removed;
      from = step.last;
      if (step.removed < CLIENT_EVENTS_AT_ONCE) break;
    }
    return removed;
  }
}

function before(now: Date, ms: number): Date {
  return new Date(now.getTime() - ms);
}
