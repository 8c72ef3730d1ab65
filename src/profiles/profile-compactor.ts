import type { Logger } from '../lib/logger.js';
import { UnknownFormat } from '../storage/profiles/column-codec.js';
import type { ProfileRewriteRepository } from '../storage/profiles/profile-rewrite-repository.js';
import type { AppendedProfile } from '../storage/events/recording.js';
import { isUnavailable } from '../storage/database-errors.js';
import type { SharedProfiles } from './shared-profiles.js';
import { UnreadableProfile } from '../domain/profile.js';

/** Size at which a profile's recent events are compacted: about 50 events, or 5 pages of impressions. */
const COMPACT_FROM_BYTES = 1_024;

/** Size at which recent events that cannot be folded are dropped; the next read rebuilds the profile. */
const DROP_FROM_BYTES = 256 * 1_024;

/** Profiles per batch. Decoding, folding and encoding a batch occupies the event loop for about 5 ms. */
const BATCH_SIZE = 16;

/** Bound of the queue. The next event of a profile that does not fit adds it again. */
const MAX_QUEUED = 10_000;

/** Folds the recent events of profiles into their other columns once they reach 1 KB. Commits do not wait for it. */
export class ProfileCompactor {
  readonly #queued = new Set<string>();
  #running: Promise<void> | null = null;
  #isFailing = false;
  #isClosed = false;

  constructor(
    private readonly deps: {
      readonly repository: Pick<ProfileRewriteRepository, 'compact' | 'dropRecent'>;
      readonly profiles: Pick<SharedProfiles, 'position' | 'applyCompaction' | 'invalidate'>;
      readonly logger: Logger;
    },
  ) {}

  /** Queues the profiles of a commit that have reached the size. */
  enqueue(profiles: readonly AppendedProfile[]): void {
    for (const { userKey, recentBytes } of profiles) {
      if (recentBytes >= COMPACT_FROM_BYTES && this.#queued.size < MAX_QUEUED) this.#queued.add(userKey);
    }
    if (this.#queued.size > 0 && !this.#isClosed) this.#running ??= this.#run();
  }

  /** Removes users from the queue; `all`: all of them. */
  drop(userKeys: readonly string[] | 'all'): void {
    if (userKeys === 'all') this.#queued.clear();
    else for (const userKey of userKeys) this.#queued.delete(userKey);
  }

  /** Resolves when the queue is empty and nothing is in progress. */
  async drain(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  /** Clears the queue, and resolves when nothing is in progress. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#queued.clear();
    await this.drain();
  }

  async #run(): Promise<void> {
    try {
      while (this.#queued.size > 0) {
        const userKeys = [...this.#queued].slice(0, BATCH_SIZE);
        for (const userKey of userKeys) this.#queued.delete(userKey);
        await this.#compact(userKeys);
      }
    } finally {
      // In the same turn as the last check of the queue, so that a later commit starts a new run.
      this.#running = null;
    }
  }

  async #compact(userKeys: readonly string[]): Promise<void> {
    const { repository, profiles, logger } = this.deps;
    try {
      const since = profiles.position;
      profiles.applyCompaction(await repository.compact(userKeys), since);
      this.#isFailing = false;
    } catch (error) {
      const isPermanent = !isUnavailable(error);
      if (isPermanent && userKeys.length > 1) {
        // Compact them one by one, since one profile that cannot be decoded fails the whole batch.
        for (const userKey of userKeys) await this.#compact([userKey]);
        return;
      }
      if (!this.#isFailing) {
        logger.warn(
          { err: error, users: userKeys.length },
          'failed to compact profiles; the next events retry',
        );
      }
      this.#isFailing = true;
      // The later version that wrote a profile can still decode it.
      const isOfLaterVersion = error instanceof UnreadableProfile && error.cause instanceof UnknownFormat;
      if (isPermanent && !isOfLaterVersion) await this.#dropLongest(userKeys);
    }
  }

  async #dropLongest(userKeys: readonly string[]): Promise<void> {
    const { repository, profiles, logger } = this.deps;
    try {
      const dropped = await repository.dropRecent(userKeys, DROP_FROM_BYTES);
      if (dropped.length === 0) return;
      profiles.invalidate(dropped);
      logger.warn({ users: dropped.length }, 'dropped recent events; the next read rebuilds the profiles');
    } catch (error) {
      logger.debug({ err: error }, 'failed to drop recent events');
    }
  }
}
