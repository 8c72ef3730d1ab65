import { Prisma } from '../../generated/prisma/client.js';
import { SEQ_SPAN, storedSeq } from '../events/stored-seq.js';
import { lockKeys, type Connection } from '../sql.js';
import { USER_TABLES, type UserIdentity, type UserTable } from './user-tables.js';

/** Rows of one table, each as JSON text. */
export interface ExportedRows {
  readonly table: string;
  readonly rows: readonly string[];
}

/** Rows per statement of an export, and of an erasure. Each statement takes some milliseconds. */
const ROWS_PER_READ = 500;
const ROWS_PER_STEP = 1_000;
const OUTBOX_ROWS_PER_STEP = 10_000;

/** Wait for the relay of a sink: longer than one delivery takes. */
const RELAY_LOCK_TIMEOUT = '40s';

/**
 * Everything that is stored about a user, in all tables.
 *
 * SQL throughout: statements over several tables, by indexes on expressions, with rows as JSON.
 */
export class UserDataRepository {
  constructor(private readonly connection: Connection) {}

  /** Yields all rows of a user, table by table, with at most {@link ROWS_PER_READ} rows in memory. */
  async *export(user: UserIdentity): AsyncGenerator<ExportedRows> {
    yield* this.#exportInteractions(user.userKey);
    for (const table of USER_TABLES) yield* this.#exportTable(table, user);
  }

  /**
   * Removes some of the events of a user, with their idempotency keys and their copies among the rejected events. The triggers of
   * the table take the events back from the roll-ups.
   *
   * @returns whether there may be more.
   */
  async eraseEvents(userKey: string): Promise<boolean> {
    for (const { after, last } of await this.#seqRanges()) {
      const [row] = await this.connection.$queryRaw<{ removed: number }[]>`
        with removed as (
          delete from interactions i
          using events_of_user(${userKey}, ${after}, ${last}, ${ROWS_PER_STEP}::int) e
          where i.seq = e.seq and i.occurred_at = e.occurred_at
          returning i.id, i.client_event_id
        ), keys as (
          delete from client_events c using removed r
          where c.client_event_id = r.client_event_id and c.user_key = ${userKey}
        ), letters as (
          delete from rejected_events l using removed r where l.event ->> 'id' = r.id::text
        )
        select count(*)::int as removed from removed`;
      if ((row?.removed ?? 0) > 0) return true;
    }
    return false;
  }

  /** Removes idempotency keys of imports whose events are no longer stored. @returns whether there may be more. */
  async eraseKeptClientEvents(userKey: string): Promise<boolean> {
    const removed = await this.connection.$executeRaw`
      delete from client_events where (client_event_id, user_key) in (
        select client_event_id, user_key from client_events
        where received_at = 'infinity' and hashtext(user_key) = hashtext(${userKey}) and user_key = ${userKey}
        limit ${ROWS_PER_STEP})`;
    return removed === ROWS_PER_STEP;
  }

  /** Removes served feeds of a user. @returns whether there may be more. */
  async eraseServedFeeds(userKey: string): Promise<boolean> {
    const [row] = await this.connection.$queryRaw<{ removed: number }[]>`
      with removed as (
        delete from served_feeds f using (
          select feed_id, served_at from served_feeds
          where user_key is not null and hashtext(user_key) = hashtext(${userKey}) and user_key = ${userKey}
          limit ${ROWS_PER_STEP}
        ) s where f.feed_id = s.feed_id and f.served_at = s.served_at returning f.feed_id, f.served_at
      ), rests as (
        delete from served_feed_rests t using removed r where t.served_at = r.served_at and t.feed_id = r.feed_id
      )
      select count(*)::int as removed from removed`;
    return row?.removed === ROWS_PER_STEP;
  }

  /**
   * Makes this transaction the only relay of a sink: waits until a delivery in progress has ended.
   *
   * @throws 55P03 after {@link RELAY_LOCK_TIMEOUT}.
   */
  async lockRelay(sink: string): Promise<void> {
    await this.connection.$executeRaw`
      select set_config('lock_timeout', ${RELAY_LOCK_TIMEOUT}, true)`;
    await this.connection.$executeRaw`select 1 from pg_advisory_xact_lock(${lockKeys('relay', sink)})`;
  }

  /** Returns the sinks with undelivered events. */
  async sinksWithBacklog(): Promise<string[]> {
    const rows = await this.connection.$queryRaw<{ sink: string }[]>`
      with recursive s as (
        (select sink from outbox order by sink limit 1)
        union all
        select (select o.sink from outbox o where o.sink > s.sink order by o.sink limit 1) from s where s.sink is not null
      )
      select sink from s where sink is not null`;
    return rows.map(({ sink }) => sink);
  }

  /**
   * Removes undelivered events of a user, or gives them to another user, page by page.
   *
   * @param into the other user; null removes the events.
   */
  async rewriteOutbox(sink: string, userKey: string, into: string | null): Promise<void> {
    const change =
      into === null ? Prisma.sql`delete from outbox` : Prisma.sql`update outbox set user_key = ${into}`;
    let after: bigint | null = 0n;
    while (after !== null) {
      const [page]: { last: bigint | null }[] = await this.connection.$queryRaw`
        with page as materialized (
          select seq from outbox where sink = ${sink} and seq > ${after} order by seq limit ${OUTBOX_ROWS_PER_STEP}
        ), changed as (
          ${change} where sink = ${sink} and seq > ${after} and seq <= (select max(seq) from page) and user_key = ${userKey}
        )
        select max(seq) as last from page`;
      after = page?.last ?? null;
    }
  }

  /** Queues an event about a user for a sink. `user` and `event` contain pseudonyms only. */
  async addToOutbox(sink: string, user: string, event: object, recordedAt: Date): Promise<void> {
    await this.connection.outbox.create({ data: { sink, userKey: user, event, recordedAt } });
  }

  /**
   * Removes rejected events of a user.
   *
   * @param userHashes pseudonyms of the user and of the keys that were merged into it.
   */
  async eraseRejectedEvents(userKey: string, userHashes: readonly string[]): Promise<void> {
    await this.connection.$executeRaw`
      delete from rejected_events where event ->> 'userKey' = ${userKey} or user_hash = any(${[...userHashes]})`;
  }

  /**
   * Removes the traces of a user that need no steps: the profile, positions of jobs, and the key from the lists of changed
   * profiles and privacy changes.
   */
  async eraseTraces(userKey: string): Promise<void> {
    await this.connection.profile.deleteMany({ where: { userKey } });
    await this.connection.jobPosition.deleteMany({ where: { position: userKey } });
    // An empty list would mean that all profiles changed.
    await this.connection.$executeRaw`
      delete from profile_changes where ${userKey} = any(user_keys) and ${userKey} = all(user_keys)`;
    await this.connection.$executeRaw`
      update profile_changes c set (user_keys, versions) = (
        select array_agg(u.user_key order by u.place), array_agg(u.version order by u.place)
        from unnest(c.user_keys, c.versions) with ordinality u(user_key, version, place) where u.user_key <> ${userKey})
      where ${userKey} = any(user_keys)`;
    await this.connection.privacyChange.updateMany({ where: { userKey }, data: { userKey: null } });
  }

  /** Returns the number of events of a user, up to a limit. */
  async countEvents(userKey: string, limit: number): Promise<number> {
    let count = 0;
    for (const { after, last } of await this.#seqRanges()) {
      const [row] = await this.connection.$queryRaw<{ events: number }[]>`
        select count(*)::int as events from events_of_user(${userKey}, ${after}, ${last}, ${limit - count}::int)`;
      count += row?.events ?? 0;
      if (count >= limit) break;
    }
    return count;
  }

  /**
   * Gives the events of one user to another, with their numbers and idempotency keys. Of two equal idempotency keys, that of
   * the other user stays. The triggers of the table move the events in the roll-ups.
   *
   * @param limit no fewer than the user has.
   */
  async moveEvents(userKey: string, into: string, limit: number): Promise<void> {
    for (const { after, last } of await this.#seqRanges()) {
      await this.connection.$executeRaw`
        with moved as (
          delete from interactions i using events_of_user(${userKey}, ${after}, ${last}, ${limit}::int) e
          where i.seq = e.seq and i.occurred_at = e.occurred_at returning i.*
        ), stored as (
          insert into interactions (id, seq, user_key, market_id, event_type, weight, dwell_ms, section, position, country,
            session_id, feed_id, stake, context, client_event_id, probability, volume_24h, occurred_at, received_at,
            clamped, served_feed_id, served_rank, served_slot, propensity, serving_id)
          select id, seq, ${into}, market_id, event_type, weight, dwell_ms, section, position, country, session_id,
            feed_id, stake, context, client_event_id, probability, volume_24h, occurred_at, received_at, clamped,
            served_feed_id, served_rank, served_slot, propensity, serving_id
          from moved
        ), keys as (
          delete from client_events c using moved m
          where c.client_event_id = m.client_event_id and c.user_key = ${userKey} returning c.*
        )
        insert into client_events (user_key, client_event_id, interaction_id, received_at)
        select ${into}, client_event_id, interaction_id, received_at from keys on conflict do nothing`;
    }
    await this.connection.$executeRaw`
      with moved as (
        delete from client_events
        where received_at = 'infinity' and hashtext(user_key) = hashtext(${userKey}) and user_key = ${userKey}
        returning *
      )
      insert into client_events (user_key, client_event_id, interaction_id, received_at)
      select ${into}, client_event_id, interaction_id, received_at from moved on conflict do nothing`;
  }

  /** Makes the next read build the profile of a user from the events. Only while the profile is locked. */
  async dropProfileState(userKey: string): Promise<void> {
    await this.connection.$executeRaw`
      update profiles set version = version + 1, state = null, shown = '', lifetime = '', recent = ''
      where user_key = ${userKey}`;
  }

  async removeProfile(userKey: string): Promise<void> {
    await this.connection.profile.deleteMany({ where: { userKey } });
  }

  /** Gives the served feeds of one user to another. */
  async moveFeeds(userKey: string, into: string): Promise<void> {
    await this.connection.$executeRaw`
      update served_feeds set user_key = ${into}
      where user_key is not null and hashtext(user_key) = hashtext(${userKey}) and user_key = ${userKey}`;
  }

  /** Removes the exposures of a user to experiments: at most one per experiment and day. */
  async eraseExposures(userKey: string): Promise<void> {
    await this.connection.exposure.deleteMany({ where: { userKey } });
  }

  /** Gives the exposures of one user to another. Of two for one experiment and day, that of the other user stays. */
  async moveExposures(userKey: string, into: string): Promise<void> {
    await this.connection.$executeRaw`
      with moved as (delete from exposures where user_key = ${userKey} returning *)
      insert into exposures (user_key, experiment, day, arm, exposed_at)
      select ${into}, experiment, day, arm, exposed_at from moved on conflict do nothing`;
  }

  /** Gives the rejected events of one user to another. */
  async moveRejectedEvents(from: UserIdentity, into: UserIdentity): Promise<void> {
    await this.connection.$executeRaw`
      update rejected_events set event = jsonb_set(event, '{userKey}', to_jsonb(${into.userKey}::text))
      where event ->> 'userKey' = ${from.userKey}`;
    await this.connection.$executeRaw`
      update rejected_events set user_hash = ${into.userHash} where user_hash = ${from.userHash}`;
  }

  async *#exportInteractions(userKey: string): AsyncGenerator<ExportedRows> {
    for (const { after, last } of await this.#seqRanges()) {
      let from = after;
      let rows: { seq: bigint; row: string; key: string | null }[];
      do {
        rows = await this.connection.$queryRaw<{ seq: bigint; row: string; key: string | null }[]>`
          select e.seq, to_jsonb(e)::text as row, to_jsonb(c)::text as key
          from events_of_user(${userKey}, ${from}, ${last}, ${ROWS_PER_READ}::int) e
          left join client_events c on c.client_event_id = e.client_event_id and c.user_key = e.user_key
            and c.received_at < 'infinity' and c.interaction_id = e.id
          order by e.seq`;
        yield { table: 'interactions', rows: rows.map(({ row }) => row) };
        yield { table: 'client_events', rows: rows.flatMap(({ key }) => key ?? []) };
        from = rows.at(-1)?.seq ?? from;
      } while (rows.length === ROWS_PER_READ);
    }
  }

  async *#exportTable({ name, order, ofUser }: UserTable, user: UserIdentity): AsyncGenerator<ExportedRows> {
    const [column, type] = order;
    const key = Prisma.raw(`t.${column}`);
    let after: string | null = null;
    let rows: { key: string; row: string }[];
    do {
      const beyond: Prisma.Sql =
        after === null ? Prisma.sql`true` : Prisma.sql`${key} > ${after}::${Prisma.raw(type)}`;
      rows = await this.connection.$queryRaw<{ key: string; row: string }[]>`
        select ${key}::text as key, to_jsonb(t)::text as row from ${Prisma.raw(name)} t
        where ${ofUser(user)} and ${beyond} order by ${key} limit ${ROWS_PER_READ}`;
      yield { table: name, rows: rows.map(({ row }) => row) };
      after = rows.at(-1)?.key ?? after;
    } while (rows.length === ROWS_PER_READ);
  }

  /** Returns the ranges of `seq` that statements search, each without its `after`. */
  async #seqRanges(): Promise<{ after: bigint; last: bigint }[]> {
    const stored = await storedSeq(this.connection);
    if (stored === undefined) return [];
    const ranges: { after: bigint; last: bigint }[] = [];
    for (let after = stored.first - 1n; after < stored.last; after += SEQ_SPAN) {
      ranges.push({ after, last: after + SEQ_SPAN < stored.last ? after + SEQ_SPAN : stored.last });
    }
    return ranges;
  }
}
