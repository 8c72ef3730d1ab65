import { lockKeys, type Connection } from '../sql.js';

/** A change of the flags of a user. */
export interface FlagChange {
  /** Pseudonym of the user. */
  readonly userHash: string;
  /** The user whose data the replicas drop from their caches; null: they have none. */
  readonly userKey: string | null;
  /** All flags from now on, or an instruction (src/privacy/user-flags.ts). */
  readonly flags: number;
}

export interface NumberedChange extends FlagChange {
  readonly seq: bigint;
}

/** Changes are kept for replicas that follow; one that paused for longer reads the flags of all users again. */
const KEPT = '1 hour';

/** Other changes take milliseconds. */
const LOCK_TIMEOUT = '5s';

/** A replica that was not seen for this long is not running. */
const REPLICA_KEPT = '1 day';

/**
 * The changes of user flags, and the replicas that follow them. SQL: advisory lock, the clock of the database, and statements
 * that must be one round trip.
 */
export class PrivacyChangeRepository {
  constructor(private readonly connection: Connection) {}

  /**
   * Adds changes, after taking a lock until the transaction ends: `seq` grows in the order of commits, so a replica that has
   * seen one number has seen all lower ones. Call it last in a transaction, after locking profiles.
   *
   * @returns the number of the last change.
   */
  async add(changes: readonly FlagChange[]): Promise<bigint> {
    // Locking profiles has set a shorter timeout.
    await this.connection.$executeRaw`select set_config('lock_timeout', ${LOCK_TIMEOUT}, true)`;
    await this.connection.$executeRaw`select 1 from pg_advisory_xact_lock(${lockKeys('privacy')})`;
    const [row] = await this.connection.$queryRaw<{ seq: bigint }[]>`
      with old as (delete from privacy_changes where changed_at < clock_timestamp() - ${KEPT}::interval),
      stopped as (delete from replicas where seen_at < clock_timestamp() - ${REPLICA_KEPT}::interval),
      added as (
        insert into privacy_changes (user_hash, user_key, flags, changed_at)
        select "userHash", "userKey", flags, clock_timestamp()
        from json_to_recordset((select ${JSON.stringify(changes)}::text)::json)
          as r("userHash" text, "userKey" text, flags smallint)
        returning seq
      )
      select max(seq) as seq from added`;
    if (row === undefined) throw new Error('An aggregate returned no row.');
    return row.seq;
  }

  /** Removes the keys of users from changes that every replica has applied. */
  async forgetKeys(userKeys: readonly string[]): Promise<void> {
    await this.connection.privacyChange.updateMany({
      where: { userKey: { in: [...userKeys] } },
      data: { userKey: null },
    });
  }

  /** Reports that a replica is running and has applied the changes up to a number. @returns the next changes. */
  async follow(replicaId: string, applied: bigint, limit: number): Promise<NumberedChange[]> {
    return this.connection.$queryRaw<NumberedChange[]>`
      with seen as (
        insert into replicas (id, seen_at, applied) values (${replicaId}, clock_timestamp(), ${applied})
        on conflict (id) do update set seen_at = excluded.seen_at, applied = excluded.applied
      )
      select seq, user_hash as "userHash", user_key as "userKey", flags::int as flags
      from privacy_changes where seq > ${applied} order by seq limit ${limit}`;
  }

  /** Returns the number of the last change. */
  async last(): Promise<bigint> {
    const { _max } = await this.connection.privacyChange.aggregate({ _max: { seq: true } });
    return _max.seq ?? 0n;
  }

  /** Returns how many replicas were seen within `withinMs` and have not applied the changes up to a number. */
  async behind(seq: bigint, withinMs: number): Promise<number> {
    const [row] = await this.connection.$queryRaw<{ behind: number }[]>`
      select count(*)::int as behind from replicas
      where applied < ${seq} and seen_at > clock_timestamp() - make_interval(secs => ${withinMs / 1_000}::float8)`;
    return row?.behind ?? 0;
  }

  async removeReplica(replicaId: string): Promise<void> {
    await this.connection.replica.deleteMany({ where: { id: replicaId } });
  }

  /** Returns the next users who opted out, in the order of their keys. @param after empty for the first call. */
  optedOut(after: string, limit: number): Promise<{ userKey: string; dataSharingConsent: boolean }[]> {
    return this.connection.userSettings.findMany({
      where: { personalizationEnabled: false, userKey: { gt: after } },
      orderBy: { userKey: 'asc' },
      take: limit,
      select: { userKey: true, dataSharingConsent: true },
    });
  }

  /** Returns the next keys that are retired at an instant, in the order of their pseudonyms. */
  retired(after: string, at: Date, limit: number): Promise<{ userHash: string; userKey: string | null }[]> {
    return this.connection.retiredUser.findMany({
      where: { until: { gt: at }, userHash: { gt: after } },
      orderBy: { userHash: 'asc' },
      take: limit,
      select: { userHash: true, userKey: true },
    });
  }
}
