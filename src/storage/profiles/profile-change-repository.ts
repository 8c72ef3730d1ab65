import type { PrismaClient } from '../../generated/prisma/client.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/** A profile that has at least this version. */
export interface ProfileChange {
  readonly userKey: string;
  readonly version: number;
}

/** The state of the database at one moment. */
export interface ChangeMark {
  /** PostgreSQL's snapshot (`pg_snapshot`): the transactions that were committed. */
  readonly snapshot: string;
  /** Unix time of the server, in milliseconds. */
  readonly atMs: number;
}

export interface ProfileChanges {
  readonly mark: ChangeMark;
  /** `all`: too many to name. */
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
 * The profiles that transactions changed, whether their replica published the changes or not. SQL, because only
 * PostgreSQL's snapshots tell which transactions were committed between two reads: ids of transactions, like values of
 * sequences, are not in the order of the commits.
 */
export class ProfileChangeRepository {
  constructor(private readonly connection: Connection) {}

  /** The changes that were committed after a mark; undefined: none, to get a first mark. */
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
   * Removes the changes that every reader with a later mark has read, and those that came with the dump of another
   * server.
   *
   * @returns how many rows were removed; `limit` if there may be more.
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
   * The transactions that a snapshot does not see began after it, or were in progress. Each part is one index scan. The
   * upper bound leaves out ids that this server has not assigned yet, which come with the dump of another server.
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
