import type { Logger } from '../lib/logger.js';
import { UnknownFormat } from '../storage/profiles/column-codec.js';
import type { ProfileRewriteRepository } from '../storage/profiles/profile-rewrite-repository.js';
import type { AppendedProfile } from '../storage/events/recording.js';
import { isUnavailable } from '../storage/database-errors.js';
import { UnreadableProfile } from '../storage/profiles/packed-profile.js';
import type { SharedProfiles } from './shared-profiles.js';

/** Size of a profile's recent events from which on they are folded: 50 events, or 5 pages of impressions. */
const COMPACT_FROM_BYTES = 1_024;

/** Recent events of this size are dropped if they cannot be folded; the profile is then made from the interactions. */
const DROP_FROM_BYTES = 256 * 1_024;

/** Decoding, folding and encoding so many profiles occupies the event loop for about 5 ms. */
const PROFILES_AT_ONCE = 16;

/** Profiles that may wait. Others are added again by their next event. */
const MAX_WAITING = 10_000;

/**
 * Folds the recent events of profiles into their other columns once they take 1 KB, after the commit that made them so.
 * Commits do not wait for it.
 */
export class ProfileCompactor {
  readonly #waiting = new Set<string>();
  #running: Promise<void> | null = null;
  #isFailing = false;
  #isClosed = false;

  constructor(
    private readonly deps: {
      readonly repository: Pick<ProfileRewriteRepository, 'compact' | 'dropRecent'>;
      readonly profiles: Pick<SharedProfiles, 'position' | 'compacted' | 'mayHaveChanged'>;
      readonly logger: Logger;
    },
  ) {}

  /** Takes note of profiles that a commit changed. */
  appended(profiles: readonly AppendedProfile[]): void {
    for (const { userKey, recentBytes } of profiles) {
      if (recentBytes >= COMPACT_FROM_BYTES && this.#waiting.size < MAX_WAITING) this.#waiting.add(userKey);
    }
    if (this.#waiting.size > 0 && !this.#isClosed) this.#running ??= this.#run();
  }

  /** Resolves when no profile waits. */
  async drain(): Promise<void> {
    while (this.#running !== null) await this.#running;
  }

  /** Leaves the profiles that wait as they are, and resolves when nothing is in progress. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#waiting.clear();
    await this.drain();
  }

  async #run(): Promise<void> {
    try {
      while (this.#waiting.size > 0) {
        const userKeys = [...this.#waiting].slice(0, PROFILES_AT_ONCE);
        for (const userKey of userKeys) this.#waiting.delete(userKey);
        await this.#compact(userKeys);
      }
    } finally {
      // In the same turn as the last look: a later commit begins a new run.
      this.#running = null;
    }
  }

  async #compact(userKeys: readonly string[]): Promise<void> {
    const { repository, profiles, logger } = this.deps;
    try {
      const since = profiles.position;
      profiles.compacted(await repository.compact(userKeys), since);
      this.#isFailing = false;
    } catch (error) {
      const isPoison = !isUnavailable(error);
      if (isPoison && userKeys.length > 1) {
        // One profile that cannot be decoded does not keep the others from being compacted.
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
      // A profile in a later format is whole for the version that wrote it.
      const isOfLaterVersion = error instanceof UnreadableProfile && error.cause instanceof UnknownFormat;
      if (isPoison && !isOfLaterVersion) await this.#dropLongest(userKeys);
    }
  }

  async #dropLongest(userKeys: readonly string[]): Promise<void> {
    const { repository, profiles, logger } = this.deps;
    try {
      const dropped = await repository.dropRecent(userKeys, DROP_FROM_BYTES);
      if (dropped.length === 0) return;
      profiles.mayHaveChanged(dropped);
      logger.warn(
        { users: dropped.length },
        'dropped recent events; the profiles are made from the interactions',
      );
    } catch (error) {
      logger.debug({ err: error }, 'failed to drop recent events');
    }
  }
}
