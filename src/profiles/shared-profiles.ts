import type { AppendedProfile } from '../storage/events/recording.js';
import type { PackedProfile } from '../storage/profiles/packed-profile.js';
import type { ChangeMark, ProfileChangeRepository } from '../storage/profiles/profile-change-repository.js';
import type { ProfileCache } from './profile-cache.js';

/** The profiles that all replicas share: applies changes to this replica's cache and publishes them to the others. */
export class SharedProfiles {
  constructor(
    private readonly deps: {
      cache: Pick<ProfileCache, 'position' | 'append' | 'put' | 'isBehind' | 'countriesOf'>;
      /** Drops cached profiles of this replica. */
      invalidate: (userKeys: readonly string[]) => void;
      /** Makes the other replicas drop their cached profiles. */
      publish: (userKeys: readonly string[]) => void;
      /** Receives the users whose profiles a commit of this replica changed. */
      onChanged: (userKeys: readonly string[]) => void;
    },
  ) {}

  /** The number of changes so far; read it before a transaction begins. */
  get position(): number {
    return this.deps.cache.position;
  }

  /** Returns the latest countries of users. */
  countriesOf(userKeys: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    return this.deps.cache.countriesOf(userKeys);
  }

  /**
   * Applies a commit of this replica.
   *
   * @param since the {@link position} before the transaction.
   */
  applyCommit(profiles: readonly AppendedProfile[], since: number): void {
    if (profiles.length === 0) return;
    for (const profile of profiles) this.deps.cache.append(profile, since);
    const userKeys = profiles.map(({ userKey }) => userKey);
    this.deps.publish(userKeys);
    this.deps.onChanged(userKeys);
  }

  /**
   * Replaces cached profiles by their compacted form. A compaction changes only the stored form, so nothing is published.
   *
   * @param since as for {@link applyCommit}.
   */
  applyCompaction(profiles: readonly PackedProfile[], since: number): void {
    for (const profile of profiles) this.deps.cache.put(profile, since);
  }

  /** Drops the profiles that this replica has cached in an older version. */
  invalidateOlder(profiles: readonly { readonly userKey: string; readonly version: number }[]): void {
    const behind = profiles.filter(({ userKey, version }) => this.deps.cache.isBehind(userKey, version));
    if (behind.length > 0) this.deps.invalidate(behind.map(({ userKey }) => userKey));
  }

  /** Drops cached profiles on every replica: after a rewrite, and after a transaction of unknown outcome. */
  invalidate(userKeys: readonly string[]): void {
    if (userKeys.length === 0) return;
    this.deps.invalidate(userKeys);
    this.deps.publish(userKeys);
  }
}

/** Every replica that polls has read a change within this time. A replica that paused for longer drops its cache. */
const MAX_PAUSE_MS = 30_000;

/** Noted changes are removed at this age. */
const CHANGE_RETENTION_MS = 60_000;

/** Minimum interval between two removals of old changes. */
const REMOVAL_INTERVAL_MS = 10_000;

/** Maximum number of rows per delete statement, so that each is short. */
const CHANGES_PER_REMOVAL = 10_000;

/**
 * Polls the database for changes of profiles that no replica published: a replica cannot publish, or ended between its
 * commit and its message. A cached profile is stale for at most the time between two polls. All times are those of the
 * database, so that replicas agree.
 */
export class ChangePoll {
  #last: ChangeMark | undefined;
  /** Marks of the last minute, oldest first: at most one per {@link REMOVAL_INTERVAL_MS}. */
  #marks: ChangeMark[] = [];

  constructor(
    private readonly deps: {
      readonly changes: Pick<ProfileChangeRepository, 'since' | 'removeBefore'>;
      readonly cache: Pick<ProfileCache, 'isBehind'>;
      /** Drops cached profiles. */
      readonly cached: { invalidate(userKeys: readonly string[]): void; clear(): void };
    },
  ) {}

  /**
   * Drops the cached profiles that changed since the last poll. After a pause or a failed poll it drops all of them: the
   * database may have failed over to a server that lacks the last changes.
   *
   * @throws the error of the database or the connection.
   */
  async poll(): Promise<void> {
    const last = this.#last;
    this.#last = undefined;
    const { mark, changes } = await this.deps.changes.since(last);
    const { cache, cached } = this.deps;
    if (last === undefined || mark.atMs - last.atMs > MAX_PAUSE_MS || changes === 'all') cached.clear();
    else {
      const behind = changes.filter(({ userKey, version }) => cache.isBehind(userKey, version));
      cached.invalidate(behind.map(({ userKey }) => userKey));
    }
    this.#last = mark;
    await this.#removeOld(mark);
  }

  async #removeOld(now: ChangeMark): Promise<void> {
    const { changes } = this.deps;
    if (now.atMs - (this.#marks.at(-1)?.atMs ?? -Infinity) < REMOVAL_INTERVAL_MS) return;
    this.#marks.push(now);
    const old = this.#marks.findLast(({ atMs }) => atMs <= now.atMs - CHANGE_RETENTION_MS);
    if (old === undefined) return;
    this.#marks = this.#marks.filter(({ atMs }) => atMs > old.atMs);
    while ((await changes.removeBefore(old, CHANGES_PER_REMOVAL)) === CHANGES_PER_REMOVAL);
  }
}
