import type { Connection } from '../sql.js';

/** A profile that has reached this version. */
interface ProfileChange {
  readonly userKey: string;
  readonly version: number;
}

/** A point in the order of commits. */
export interface ChangeMark {
  /** PostgreSQL's snapshot (`pg_snapshot`): the committed transactions. */
  readonly snapshot: string;
  /** Unix time of the database server, in milliseconds. */
  readonly atMs: number;
}

export interface ProfileChanges {
  readonly mark: ChangeMark;
  /** `all`: too many to list. */
  readonly changes: readonly ProfileChange[] | 'all';
}

/** More transactions than this between two marks count as a change of all profiles. */
const MAX_TRANSACTIONS = 20_000;

interface ChangeRow {
  snapshot: string;
  atMs: number;
  user_keys: string[] | null;
  versions: number[] | null;
}

/**
 * The profiles that transactions changed, whether their replica published the changes or not.
 *
 * SQL throughout: only PostgreSQL's snapshots show which transactions were committed between two reads. Transaction ids, like
 * values of sequences, are not in the order of commits.
 */
export class ProfileChangeRepository {
  constructor(private readonly connection: Connection) {}

  /** Returns the changes committed after a mark. Without a mark, returns no changes and a first mark. */
  async since(mark: ChangeMark | undefined): Promise<ProfileChanges> {
    const rows = await this.#rowsSince(mark?.snapshot ?? null);
    const [first] = rows;
    if (first === undefined) throw new Error('The database returned no snapshot.');
    const tooMany = rows.length > MAX_TRANSACTIONS || rows.some(({ user_keys }) => user_keys?.length === 0);
    const changes = rows.flatMap(({ user_keys, versions }) =>
      (user_keys ?? []).map((userKey, index) => ({ userKey, version: versions?.[index] ?? 0 })),
    );
    return {
      mark: { snapshot: first.snapshot, atMs: first.atMs },
      changes: tooMany ? 'all' : changes,
    };
  }

  /**
   * Removes the changes committed before a mark, and those restored from a dump of another server.
   *
   * @returns the number of removed rows; `limit` if there may be more.
   */
  removeBefore({ snapshot }: ChangeMark, limit: number): Promise<number> {
    return this.connection.$executeRaw`
      delete from profile_changes where xid in (
        select xid from profile_changes
        where xid < pg_snapshot_xmax(${snapshot}::pg_snapshot)::text::bigint
            and pg_visible_in_snapshot(xid::text::xid8, ${snapshot}::pg_snapshot)
          or xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
        order by xid limit ${limit} for update skip locked)`;
  }

  /**
   * A snapshot does not see transactions that began after it, or were in progress. Each of the two selects is one index scan.
   * The upper bound excludes ids that this server has not assigned yet, which a dump of another server can contain.
   */
  #rowsSince(snapshot: string | null): Promise<ChangeRow[]> {
    return this.connection.$queryRaw<ChangeRow[]>`
      select n.snapshot, n.at_ms as "atMs", c.user_keys, c.versions
      from (
        select pg_current_snapshot()::text as snapshot, extract(epoch from clock_timestamp())::float8 * 1000 as at_ms
      ) n
      left join (
        select user_keys, versions from profile_changes
        where xid >= pg_snapshot_xmax(${snapshot}::pg_snapshot)::text::bigint
          and xid < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
        union all
        select user_keys, versions from profile_changes
        where xid = any(array(select xip::text::bigint from pg_snapshot_xip(${snapshot}::pg_snapshot) as xip))
      ) c on true
      limit ${MAX_TRANSACTIONS + 1}`;
  }
}
