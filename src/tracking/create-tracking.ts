import type { Clock } from '../lib/clock.js';
import type { RankingConfig } from '../config/schema/ranking-schema.js';
import { BellwetherError, errorMessage } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { DAY_MS } from '../lib/time.js';
import type { ProfileCompactor } from '../profiles/profile-compactor.js';
import { rebuildProfile } from '../profiles/rebuild-profile.js';
import type { SharedProfiles } from '../profiles/shared-profiles.js';
import type { Market } from '../domain/market.js';
import type { Store } from '../storage/store.js';
import { withPartitions } from '../storage/partitions.js';
import { isRolledBack, orUnavailable } from '../storage/database-errors.js';
import { commitEvents, STORE_FAILED, usersOf, type Commit } from './commit-events.js';
import { EventQueue } from './event-queue.js';
import { HistoryImport } from './history-import.js';
import { LockedUsers } from './locked-users.js';
import { RejectedLog } from './rejected-log.js';
import { TrackingService } from './tracking-service.js';
import { WriteCheck } from './write-check.js';
import type { PreparedEvent } from '../domain/event.js';

export interface Tracking {
  readonly service: TrackingService;
  readonly history: HistoryImport;
  readonly rejected: RejectedLog;
  readonly writeCheck: WriteCheck;
  /** Rebuilds a profile from the stored events. */
  rebuild(userKey: string): Promise<void>;
  /** Resolves when every accepted event has its result. */
  drain(): Promise<void>;
}

export interface TrackingDeps {
  /** Sees the rows of the users of each statement. */
  readonly store: Store;
  /** Sees the rows of all users: for rebuilds, rejected events, and partitions. */
  readonly background: Pick<Store, 'partitions' | 'profiles' | 'rejectedEvents' | 'transaction'>;
  readonly markets: { findByIds(ids: readonly string[]): Promise<(Market | undefined)[]> };
  readonly profiles: Pick<
    SharedProfiles,
    'position' | 'countriesOf' | 'applyCommit' | 'invalidateOlder' | 'invalidate'
  >;
  readonly compactor: Pick<ProfileCompactor, 'enqueue'>;
  /** Names of the sinks that receive every event. */
  readonly sinks: readonly string[];
  /** Called after each commit. */
  readonly onRecorded: () => void;
  /** Returns the current config. The `tracking` section is read once. */
  readonly config: () => RankingConfig;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly logger: Logger;
}

/** Lifetime of idempotency keys; those of an import never expire. */
const IDEMPOTENCY_WINDOW_MS = 7 * DAY_MS;

/** Creates the services that receive events. All of them store events by the same commit. */
export function createTracking(deps: TrackingDeps): Tracking {
  const { store, background, markets, profiles, compactor, sinks, onRecorded, config, clock, newId, logger } =
    deps;
  const rejected = new RejectedLog({ repository: background.rejectedEvents, clock, logger });
  const lockedUsers = new LockedUsers(store.profiles);
  const writeCheck = new WriteCheck({ store, sinks, clock, newId, logger });

  /** A transaction whose result was lost may have committed, so every replica must drop the cached profiles. */
  const invalidateIfUnknown = async <Result>(
    userKeys: readonly string[],
    work: () => Promise<Result>,
  ): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      if (!isRolledBack(error)) profiles.invalidate(userKeys);
      throw error;
    }
  };

  const commit = async (
    events: readonly PreparedEvent[],
    idempotencyWindowMs: number,
    sinksOfEvents: readonly string[],
  ): Promise<Commit> => {
    const now = new Date(clock());
    const duplicatesSince = new Date(Math.max(0, now.getTime() - idempotencyWindowMs));
    const countriesOf = (userKeys: readonly string[]) => profiles.countriesOf(userKeys);
    const since = profiles.position;
    const options = { now, duplicatesSince, sinks: sinksOfEvents, countriesOf };
    const done = await invalidateIfUnknown(usersOf(events), () =>
      withPartitions(
        () => background.partitions.ensureForEvents(events.map(({ interaction }) => interaction.occurredAt)),
        () => commitEvents(store, events, options),
      ),
    );
    profiles.applyCommit(done.appended, since);
    profiles.invalidateOlder(done.unchanged);
    compactor.enqueue(done.appended);
    onRecorded();
    return done;
  };

  const { tracking: grouping } = config();
  const queue = new EventQueue({
    commit: async (events) => {
      try {
        const done = await orUnavailable(STORE_FAILED, () =>
          lockedUsers.commit(usersOf(events), () => commit(events, IDEMPOTENCY_WINDOW_MS, sinks)),
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
    onRejected: (events, error) => {
      const reason = errorMessage(error);
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
      onRejected: (events) => rejected.add('track', events),
    }),
    history: new HistoryImport({
      ...shared,
      // Imported history is not forwarded to sinks.
      commit: (events) => lockedUsers.commitWithRetries(() => commit(events, Infinity, [])),
      interactions: store.interactions,
      partitions: background.partitions,
    }),
    rejected,
    writeCheck,
    rebuild: async (userKey) => {
      await orUnavailable('The profile could not be rebuilt now; run the command again.', () =>
        invalidateIfUnknown([userKey], () =>
          lockedUsers.commitWithRetries(() => rebuildProfile(background, userKey)),
        ),
      );
      profiles.invalidate([userKey]);
    },
    drain: async () => {
      await queue.drain();
      await rejected.drain();
    },
  };
}
