import { setTimeout as wait } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { BellwetherError } from '../lib/errors.js';
import type { LockedProfiles, ProfileRepository } from '../storage/profiles/profile-repository.js';
import { RETRY_AFTER_MS, sqlStateOf } from '../storage/database-errors.js';

/** Other transactions hold the profiles of some users of a commit, so that it stored nothing. */
export class ProfilesLocked extends Error {
  override readonly name = 'ProfilesLocked';

  constructor(
    readonly userKeys: ReadonlySet<string>,
    /** The error by which it showed; undefined when it was known before. */
    readonly lockError?: unknown,
  ) {
    super('Other transactions hold profiles of these events.');
  }

  /** The answer for events of these users. */
  toUnavailable(): BellwetherError {
    const message =
      'The profile of the user is locked by another transaction; send the event again after retryAfterMs.';
    return BellwetherError.unavailable(message, RETRY_AFTER_MS, this.lockError);
  }
}

/** More users than this are not remembered; a commit then waits for their profiles again. */
const MAX_REMEMBERED = 10_000;

/** A profile that is locked now and after this time is held for longer than a commit takes. */
const LOOK_AGAIN_MS = 25;

const LOCK_NOT_AVAILABLE = '55P03';

/** About 5 s, as each attempt waits for 500 ms. */
const PATIENT_ATTEMPTS = 10;

/** Finds the users whose profiles other transactions hold, so that a commit waits once for each of them at most. */
export class LockedUsers {
  readonly #remembered = new LRUCache<string, true>({ max: MAX_REMEMBERED });

  constructor(private readonly profiles: Pick<ProfileRepository, 'findLocked'>) {}

  /**
   * Commits events of these users.
   *
   * @throws {ProfilesLocked} when other transactions hold some of the profiles; what `commit` throws otherwise.
   */
  async commit<Result>(userKeys: readonly string[], commit: () => Promise<Result>): Promise<Result> {
    await this.#requireReleased(userKeys);
    try {
      return await commit();
    } catch (error) {
      if (sqlStateOf(error) !== LOCK_NOT_AVAILABLE) throw error;
      const { locked, missing } = await this.#findLocked(userKeys);
      for (const userKey of locked) this.#remembered.set(userKey, true);
      if (locked.length > 0) throw new ProfilesLocked(new Set(locked), error);
      // Another transaction may be inserting them, which shows in no row.
      if (missing.length > 0) throw new ProfilesLocked(new Set(missing), error);
    }
    // The lock was released meanwhile.
    return commit();
  }

  /** Commits events that no request waits for: retries while other transactions hold the profiles, for about 5 s. */
  async commitPatiently<Result>(commit: () => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await commit();
      } catch (error) {
        if (attempt === PATIENT_ATTEMPTS || sqlStateOf(error) !== LOCK_NOT_AVAILABLE) throw error;
      }
    }
  }

  async #requireReleased(userKeys: readonly string[]): Promise<void> {
    const suspects = userKeys.filter((userKey) => this.#remembered.has(userKey));
    if (suspects.length === 0) return;
    const locked = new Set((await this.#findLocked(suspects)).locked);
    for (const userKey of suspects) if (!locked.has(userKey)) this.#remembered.delete(userKey);
    if (locked.size > 0) throw new ProfilesLocked(locked);
  }

  /**
   * Looks twice: commits of other replicas lock profiles for a moment, and PostgreSQL reports an error before it releases
   * the locks of the transaction that failed.
   */
  async #findLocked(userKeys: readonly string[]): Promise<LockedProfiles> {
    const first = await this.profiles.findLocked(userKeys);
    if (first.locked.length === 0) return first;
    await wait(LOOK_AGAIN_MS);
    const { locked } = await this.profiles.findLocked(first.locked);
    return { locked, missing: first.missing };
  }
}
