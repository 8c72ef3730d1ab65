import { setTimeout as wait } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { BellwetherError } from '../lib/errors.js';
import type { LockedProfiles, ProfileRepository } from '../storage/profiles/profile-repository.js';
import { RETRY_AFTER_MS, sqlStateOf } from '../storage/database-errors.js';

/** Thrown by a commit that stored nothing because other transactions lock the profiles of some of its users. */
export class ProfilesLocked extends Error {
  override readonly name = 'ProfilesLocked';

  constructor(
    readonly userKeys: ReadonlySet<string>,
    /** The lock timeout of the commit; undefined if the lock was known before the commit. */
    readonly lockError?: unknown,
  ) {
    super('Other transactions lock profiles of these events.');
  }

  /** Returns the error for the events of these users. */
  toUnavailable(): BellwetherError {
    const message =
      'The profile of the user is locked by another transaction; send the event again after retryAfterMs.';
    return BellwetherError.unavailable(message, RETRY_AFTER_MS, this.lockError);
  }
}

/** Bound of the known locked users. For a user beyond it, each commit waits for the lock again. */
const MAX_KNOWN = 10_000;

/** A profile that is still locked after this time is locked for longer than a commit takes. */
const RECHECK_AFTER_MS = 25;

const LOCK_NOT_AVAILABLE = '55P03';

/** About 5 s, as each attempt waits for a lock for 500 ms. */
const MAX_ATTEMPTS = 10;

/** Keeps the users whose profiles other transactions lock, so that at most one commit waits for each lock. */
export class LockedUsers {
  readonly #known = new LRUCache<string, true>({ max: MAX_KNOWN });

  constructor(private readonly profiles: Pick<ProfileRepository, 'findLocked'>) {}

  /**
   * Commits events of these users.
   *
   * @throws {ProfilesLocked} if other transactions lock some of the profiles; any other error of `commit`.
   */
  async commit<Result>(userKeys: readonly string[], commit: () => Promise<Result>): Promise<Result> {
    await this.#requireUnlocked(userKeys);
    try {
      return await commit();
    } catch (error) {
      if (sqlStateOf(error) !== LOCK_NOT_AVAILABLE) throw error;
      const { locked, missing } = await this.#findLocked(userKeys);
      for (const userKey of locked) this.#known.set(userKey, true);
      if (locked.length > 0) throw new ProfilesLocked(new Set(locked), error);
      // Another transaction may be inserting these rows, which are not visible yet.
      if (missing.length > 0) throw new ProfilesLocked(new Set(missing), error);
    }
    // The lock has been released.
    return commit();
  }

  /** Commits events of background work: retries for about 5 s while other transactions lock the profiles. */
  async commitWithRetries<Result>(commit: () => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await commit();
      } catch (error) {
        if (attempt === MAX_ATTEMPTS || sqlStateOf(error) !== LOCK_NOT_AVAILABLE) throw error;
      }
    }
  }

  /** Forgets users, or all of them; whether they are locked is then found out again. */
  drop(userKeys: readonly string[] | 'all'): void {
    if (userKeys === 'all') this.#known.clear();
    else for (const userKey of userKeys) this.#known.delete(userKey);
  }

  async #requireUnlocked(userKeys: readonly string[]): Promise<void> {
    const suspects = userKeys.filter((userKey) => this.#known.has(userKey));
    if (suspects.length === 0) return;
    const locked = new Set((await this.#findLocked(suspects)).locked);
    for (const userKey of suspects) if (!locked.has(userKey)) this.#known.delete(userKey);
    if (locked.size > 0) throw new ProfilesLocked(locked);
  }

  /**
   * Checks twice: commits of other replicas lock profiles briefly, and PostgreSQL reports an error before it releases the
   * locks of the failed transaction.
   */
  async #findLocked(userKeys: readonly string[]): Promise<LockedProfiles> {
    const first = await this.profiles.findLocked(userKeys);
    if (first.locked.length === 0) return first;
    await wait(RECHECK_AFTER_MS);
    const { locked } = await this.profiles.findLocked(first.locked);
    return { locked, missing: first.missing };
  }
}
