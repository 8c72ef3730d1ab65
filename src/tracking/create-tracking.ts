import type { Clock } from '../lib/clock.js';
import type { RankingConfig } from '../config/ranking-schema.js';
import { BellwetherError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import type { ProfileCompactor } from '../profiles/profile-compactor.js';
import type { SharedProfiles } from '../profiles/shared-profiles.js';
import type { Market } from '../domain/market.js';
import type { Store } from '../storage/store.js';
import { withPartitions } from '../storage/partitions.js';
import { isRolledBack, orUnavailable } from '../storage/database-errors.js';
import { commitEvents, usersOf, type Commit } from './commit-events.js';
import { EventQueue } from './event-queue.js';
import { HistoryImport } from './history-import.js';
import { LockedUsers } from './locked-users.js';
import { rebuildProfile } from './rebuild-profile.js';
import { RejectedLog } from './rejected-log.js';
import type { PreparedEvent } from './prepare-event.js';
import { TrackingService } from './tracking-service.js';
import { WriteCheck } from './write-check.js';

export interface Tracking {
  readonly service: TrackingService;
  readonly history: HistoryImport;
  readonly rejected: RejectedLog;
  readonly writeCheck: WriteCheck;
  /** Makes one profile anew from the events that are stored. */
  rebuild(userKey: string): Promise<void>;
  /** Resolves when every event that was taken is answered. */
  drain(): Promise<void>;
}

export interface TrackingParts {
  readonly store: Store;
  readonly markets: { findByIds(ids: readonly string[]): Promise<(Market | undefined)[]> };
  /** The profiles as this replica sees them. */
  readonly profiles: Pick<
    SharedProfiles,
    'position' | 'countriesOf' | 'appended' | 'atLeast' | 'mayHaveChanged'
  >;
  readonly compactor: Pick<ProfileCompactor, 'appended'>;
  /** Names of the sinks that every event goes to. */
  readonly sinks: readonly string[];
  /** Told when events were committed. */
  readonly onRecorded: () => void;
  /** As it is now; how events are grouped is read once. */
  readonly config: () => RankingConfig;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly logger: Logger;
}

/** A client event id means the same event for this long; in an import, for ever. */
const CLIENT_EVENT_MEMORY_MS = 7 * 24 * 3_600_000;

const NOT_STORED = 'The events could not be stored now; send them again after retryAfterMs.';

/** The ways by which events come in, all of them over one commit. */
export function createTracking(parts: TrackingParts): Tracking {
  const { store, markets, profiles, compactor, sinks, onRecorded, config, clock, newId, logger } = parts;
  const rejected = new RejectedLog({ repository: store.rejectedEvents, clock, logger });
  const lockedUsers = new LockedUsers(store.profiles);
  const writeCheck = new WriteCheck({ store, sinks, clock, newId, logger });

  /** A transaction whose answer was lost may be committed: then no replica may use what it cached before. */
  const invalidateIfUnknown = async <Result>(
    userKeys: readonly string[],
    work: () => Promise<Result>,
  ): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      if (!isRolledBack(error)) profiles.mayHaveChanged(userKeys);
      throw error;
    }
  };

  const commit = async (
    events: readonly PreparedEvent[],
    clientEventMemoryMs: number,
    goTo: readonly string[],
  ): Promise<Commit> => {
    const now = new Date(clock());
    const clientEventsSince = new Date(Math.max(0, now.getTime() - clientEventMemoryMs));
    const countriesOf = (userKeys: readonly string[]) => profiles.countriesOf(userKeys);
    const since = profiles.position;
    const options = { now, clientEventsSince, sinks: goTo, countriesOf };
    const done = await invalidateIfUnknown(usersOf(events), () =>
      withPartitions(
        () => store.partitions.ensureForEvents(events.map(({ interaction }) => interaction.occurredAt)),
        () => commitEvents(store, events, options),
      ),
    );
    profiles.appended(done.appended, since);
    profiles.atLeast(done.unchanged);
    compactor.appended(done.appended);
    onRecorded();
    return done;
  };

  const { tracking: grouping } = config();
  const queue = new EventQueue({
    commit: async (events) => {
      try {
        const done = await orUnavailable(NOT_STORED, () =>
          lockedUsers.commit(usersOf(events), () => commit(events, CLIENT_EVENT_MEMORY_MS, sinks)),
        );
        writeCheck.commitSucceeded();
        return done.events;
      } catch (error) {
        if (error instanceof BellwetherError) writeCheck.commitFailed(error);
        throw error;
      }
    },
    lanes: grouping.lanes,
    maxWaitMs: grouping.groupWaitMs,
    maxEvents: grouping.groupEvents,
    maxQueued: grouping.maxQueued,
    maxQueuedMs: grouping.maxQueuedMs,
    clock,
    onPoison: (events, error) => {
      const reason = error instanceof Error ? error.message : String(error);
      rejected.add(
        'track',
        events.map(({ interaction }) => ({ event: interaction, reason })),
      );
    },
  });

  const shared = { markets, snapshots: store.snapshots, weights: () => config().events, clock, newId };
  return {
    service: new TrackingService({
      ...shared,
      queue,
      onTurnedAway: (events) => rejected.add('track', events),
    }),
    history: new HistoryImport({
      ...shared,
      // What is imported is no news: it goes to no sink.
      commit: (events) => lockedUsers.commitPatiently(() => commit(events, Infinity, [])),
      interactions: store.interactions,
    }),
    rejected,
    writeCheck,
    rebuild: async (userKey) => {
      await orUnavailable('The profile could not be rebuilt now.', () =>
        invalidateIfUnknown([userKey], () =>
          lockedUsers.commitPatiently(() => rebuildProfile(store, userKey)),
        ),
      );
      profiles.mayHaveChanged([userKey]);
    },
    drain: async () => {
      await queue.drain();
      await rejected.drain();
    },
  };
}
