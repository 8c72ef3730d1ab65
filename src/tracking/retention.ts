import type { RankingConfig } from '../config/schema/ranking-schema.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../lib/time.js';
import type { InteractionRepository } from '../storage/events/interaction-repository.js';
import type { ExperimentRepository } from '../storage/experiment-repository.js';
import type { ServingRepository } from '../storage/events/serving-repository.js';
import type { PartitionedTable, OldPartitions } from '../storage/partitions.js';
import type { ProfileRepository } from '../storage/profiles/profile-repository.js';

/** Result of a run. */
export interface RetentionResult {
  readonly droppedPartitions: readonly string[];
  /** Partitions that were in use for too long; the next run retries them. */
  readonly postponedPartitions: readonly string[];
  readonly removedClientEvents: number;
}

/** Names of partitions. */
export interface DroppedPartitions {
  readonly dropped: readonly string[];
  /** Partitions that were in use for too long; the next run retries them. */
  readonly postponed: readonly string[];
}

/** Lifetime of idempotency keys. */
const CLIENT_EVENT_DAYS = 7;

const PROFILES_PER_READ = 100;
const CLIENT_EVENTS_PER_STEP = 10_000;
const EXPOSURES_PER_STEP = 10_000;

/** Removes expired data: events by month, served feeds by partitions of six hours and one hour, and idempotency keys. */
export class Retention {
  constructor(
    private readonly deps: {
      readonly store: {
        readonly interactions: Pick<InteractionRepository, 'removeClientEvents'>;
        readonly servings: Pick<ServingRepository, 'removeUnused'>;
        readonly experiments: Pick<ExperimentRepository, 'removeExposures'>;
        readonly profiles: Pick<ProfileRepository, 'load' | 'withoutState'>;
      };
      readonly partitions: Pick<OldPartitions, 'endedBefore' | 'drop'>;
      /** Returns the current config. */
      readonly config: () => Pick<RankingConfig, 'retention' | 'feed'>;
    },
  ) {}

  /**
   * Drops the months of events that ended before the retention time, and removes expired idempotency keys.
   *
   * @param options.signal ends the run before the next step; completed steps stay.
   */
  async run({ now, signal }: { now: Date; signal: AbortSignal }): Promise<RetentionResult> {
    const { interactionsDays } = this.deps.config().retention;
    const removedClientEvents = await this.#removeClientEvents(
      before(now, CLIENT_EVENT_DAYS * DAY_MS),
      signal,
    );
    const events = await this.#dropBefore('interactions', before(now, interactionsDays * DAY_MS), signal);
    const oldDays = before(now, interactionsDays * DAY_MS);
    while (!signal.aborted) {
      const removed = await this.deps.store.experiments.removeExposures(oldDays, EXPOSURES_PER_STEP);
      if (removed < EXPOSURES_PER_STEP) break;
    }
    // One more day, because a serving counts as used on a whole day.
    await this.deps.store.servings.removeUnused(before(now, (interactionsDays + 1) * DAY_MS));
    return {
      droppedPartitions: events.dropped,
      postponedPartitions: events.postponed,
      removedClientEvents,
    };
  }

  /**
   * Drops the partitions of served feeds that ended before the retention time: `retention.rankingsHours` for pages, and
   * `feed.keepMinutes` for the markets that follow them.
   *
   * @param signal ends the run before the next partition.
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
    if (table === 'interactions' && old.length > 0) await this.#buildMissingProfiles(signal);
    const dropped: string[] = [];
    const postponed: string[] = [];
    for (const partition of old) {
      if (signal.aborted) break;
      const isDropped = await partitions.drop(partition);
      (isDropped ? dropped : postponed).push(partition.name);
    }
    return { dropped, postponed };
  }

  /** Builds the profiles that have no state yet from the events, before events are dropped. */
  async #buildMissingProfiles(signal: AbortSignal): Promise<void> {
    const { profiles } = this.deps.store;
    let last = '';
    while (!signal.aborted) {
      const keys = await profiles.withoutState(last, PROFILES_PER_READ);
      await profiles.load(keys);
      if (keys.length < PROFILES_PER_READ) return;
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
        CLIENT_EVENTS_PER_STEP,
      );
      removed += step.removed;
      from = step.last;
      if (step.removed < CLIENT_EVENTS_PER_STEP) break;
    }
    return removed;
  }
}

function before(now: Date, ms: number): Date {
  return new Date(now.getTime() - ms);
}
