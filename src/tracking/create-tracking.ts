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
import { isRetired } from '../storage/events/recording.js';
import type { UserRegister } from '../privacy/user-register.js';
import { admitEvents } from './admit-events.js';
import { EventAttribution, type AttributionDeps } from './attribute-events.js';
import { commitEvents, STORE_FAILED, usersOf, type Commit, type EventOutcome } from './commit-events.js';
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
  /** Drops what is kept in memory about users, and waits for the commits and writes in progress. */
  dropData(userKeys: readonly string[] | 'all'): Promise<void>;
  /** Resolves when every accepted event has its result. */
  drain(): Promise<void>;
}

export interface TrackingDeps {
  /** Sees the rows of the users of each statement. */
  readonly store: Store;
  /** Sees the rows of all users. */
  readonly background: Pick<Store, 'interactions' | 'partitions' | 'rejectedEvents' | 'retiredUsers'>;
  readonly markets: { findByIds(ids: readonly string[]): Promise<(Market | undefined)[]> };
  readonly profiles: Pick<
    SharedProfiles,
    'position' | 'countriesOf' | 'applyCommit' | 'invalidateOlder' | 'invalidate'
  >;
  readonly compactor: Pick<ProfileCompactor, 'enqueue'>;
  readonly users: Pick<UserRegister, 'knownTreatmentOf' | 'isActive'>;
  /** Makes this replica know every retired user. */
  readonly catchUpUsers: () => Promise<void>;
  /** Maps a user key to its pseudonym. */
  readonly pseudonymOf: (userKey: string) => string;
  /** Names of the sinks that receive every event. */
  readonly sinks: readonly string[];
  /** Called after each commit. */
  readonly onRecorded: () => void;
  readonly attributionsOf: AttributionDeps['attributionsOf'];
  /** Returns the current config. The `tracking` section is read once. */
  readonly config: () => RankingConfig;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly logger: Logger;
}

/** Lifetime of idempotency keys; those of an import never expire. */
const IDEMPOTENCY_WINDOW_MS = 7 * DAY_MS;

/** A commit is repeated this often while users are retired that this replica does not know as such yet. */
const ADMISSION_ATTEMPTS = 5;

/** Creates the services that receive events. All of them store events by the same commit. */
export function createTracking(deps: TrackingDeps): Tracking {
  const { store, background, markets, profiles, compactor, sinks, onRecorded, config, clock, newId, logger } =
    deps;
  const { users, catchUpUsers, pseudonymOf } = deps;
  const rejected = new RejectedLog({
    ...{ repository: background.rejectedEvents, clock, logger },
    mayStore: (userKey) => users.isActive(userKey),
  });
  const lockedUsers = new LockedUsers(store.profiles);
  const { attributionsOf } = deps;
  const attribution = new EventAttribution({ attributionsOf, servings: store.servings, clock, logger });
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
    const options = { now, duplicatesSince, sinks: sinksOfEvents, countriesOf, pseudonymOf };
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

  /** Counts events without their users. Trends are best-effort: a failure loses the events. */
  const recordAnonymous = async (events: readonly PreparedEvent[]): Promise<void> => {
    if (events.length === 0) return;
    const instants = events.map(({ interaction }) => interaction.occurredAt);
    await withPartitions(
      () => background.partitions.ensureForEvents(instants),
      () => background.interactions.addAnonymous(events.map(({ interaction }) => interaction)),
    ).catch((error: unknown) => {
      logger.warn(
        { err: error, count: events.length },
        'failed to count events without users; they are lost',
      );
    });
  };

  /** Commits the events that may be recorded now. @returns the result of each event, in order. */
  const admitAndCommit = async (
    events: readonly PreparedEvent[],
    commitActive: (active: readonly PreparedEvent[]) => Promise<Commit>,
  ): Promise<EventOutcome[]> => {
    const admitted = await admitEvents(events, { users, newId });
    const active = admitted.flatMap(({ event }) => event ?? []);
    const committed = (active.length === 0 ? [] : (await commitActive(active)).events).values();
    await recordAnonymous(admitted.flatMap(({ anonymous }) => anonymous ?? []));
    return admitted.map(({ ignored, userKey }) => {
      if (ignored !== undefined) return { ignored, userKey };
      const next = committed.next().value;
      if (next === undefined) throw new Error('The commit returned too few results.');
      return next;
    });
  };

  const inProgress = new Set<Promise<unknown>>();

  /** Does the same, and repeats it while users are retired that this replica does not know as such yet. */
  const commitAdmitted: typeof admitAndCommit = async (events, commitActive) => {
    for (let attempt = 1; ; attempt += 1) {
      const outcomes = admitAndCommit(events, commitActive);
      // Before the choices of the users are known, so that `dropData` also waits for a commit that follows outdated ones.
      inProgress.add(outcomes);
      try {
        return await outcomes;
      } catch (error) {
        if (!isRetired(error) || attempt === ADMISSION_ATTEMPTS) throw error;
      } finally {
        inProgress.delete(outcomes);
      }
      await catchUpUsers();
    }
  };

  const { tracking: grouping } = config();
  const queue = new EventQueue({
    commit: async (events) => {
      try {
        const outcomes = await orUnavailable(STORE_FAILED, () =>
          commitAdmitted(events, async (active) => {
            const attributed = await attribution.attribute(active);
            return lockedUsers.commit(usersOf(active), () =>
              commit(attributed, IDEMPOTENCY_WINDOW_MS, sinks),
            );
          }),
        );
        writeCheck.commitSucceeded();
        return outcomes;
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
      commit: (events) =>
        commitAdmitted(events, (active) => lockedUsers.commitWithRetries(() => commit(active, Infinity, []))),
      erasedAt: async (userKeys) => {
        const erased = await background.retiredUsers.erasedAt(userKeys.map(pseudonymOf));
        return new Map(
          userKeys.flatMap((userKey) => {
            const at = erased.get(pseudonymOf(userKey));
            return at === undefined ? [] : [[userKey, at]];
          }),
        );
      },
      interactions: store.interactions,
      partitions: background.partitions,
    }),
    rejected,
    writeCheck,
    rebuild: async (key) => {
      const { kind, userKey } = await users.knownTreatmentOf(key, 'FOLLOW');
      if (kind === 'ERASED') return;
      await orUnavailable('The profile could not be rebuilt now; run the command again.', () =>
        invalidateIfUnknown([userKey], () =>
          lockedUsers.commitWithRetries(() => rebuildProfile(store, userKey)),
        ),
      );
      profiles.invalidate([userKey]);
    },
    dropData: async (userKeys) => {
      lockedUsers.drop(userKeys);
      rejected.drop(userKeys);
      await Promise.allSettled([...inProgress, rejected.written()]);
    },
    drain: async () => {
      await queue.drain();
      await rejected.drain();
    },
  };
}
