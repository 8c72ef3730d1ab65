import type { ChangeMark, ProfileChangeRepository } from '../storage/profiles/profile-change-repository.js';
import type { ProfileCache } from './profile-cache.js';

/** Every replica that polls has read a change by then; one that paused for longer drops its cache. */
const MAX_PAUSE_MS = 30_000;

/** Changes older than this are removed. */
const KEEP_MS = 60_000;

/** Time between two removals. */
const REMOVE_EVERY_MS = 10_000;

const REMOVED_AT_ONCE = 10_000;

/**
 * Finds the changes of profiles that no replica published, by polling the database: those of a replica that cannot
 * publish, or that ended between its commit and its message. A cached profile is stale for at most the time between two
 * polls. All times are those of the database, so that the replicas agree.
 */
export class ChangePoll {
  #last: ChangeMark | undefined;
  /** Marks from which on changes are still kept, the oldest first. */
  #kept: ChangeMark[] = [];

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
   * @throws what the database or the connection reports.
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
    if (now.atMs - (this.#kept.at(-1)?.atMs ?? -Infinity) < REMOVE_EVERY_MS) return;
    this.#kept.push(now);
    const old = this.#kept.findLast(({ atMs }) => atMs <= now.atMs - KEEP_MS);
    if (old === undefined) return;
    this.#kept = this.#kept.filter(({ atMs }) => atMs > old.atMs);
    while ((await changes.removeBefore(old, REMOVED_AT_ONCE)) === REMOVED_AT_ONCE);
  }
}
