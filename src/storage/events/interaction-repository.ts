import type { EventType, Interaction } from '../../domain/event.js';
import { Prisma, type FeedSection } from '../../generated/prisma/client.js';
import type { ProfileEvent } from '../../domain/profile.js';
import type { IndexedMarket } from '../markets/market-index.js';
import { forUsers, type Connection } from '../sql.js';
import { SEQ_SPAN, storedSeq } from './stored-seq.js';

/** A stored event, as a profile is folded from it. */
interface HistoricEvent {
  readonly seq: bigint;
  readonly event: ProfileEvent;
  /** The market of the event, as it is now. */
  readonly indexed: IndexedMarket;
}

interface HistoricRow {
  seq: bigint;
  eventType: EventType;
  occurredAt: Date;
  weight: number;
  dwellMs: number | null;
  country: string | null;
  stake: number | null;
  probability: number | null;
  volume24h: number | null;
  /** Null, as is the category, if the market is no longer stored. */
  number: number | null;
  marketId: string;
  category: string | null;
  tags: string[];
}

/** An idempotency key of a client, and the interaction that it identifies. */
interface ClientEvent {
  readonly userKey: string;
  readonly clientEventId: string;
  readonly interactionId: string;
}

/** Recorded events and the idempotency keys of clients. */
export class InteractionRepository {
  constructor(private readonly connection: Connection) {}

  /**
   * Returns the events of a user in the order in which they took effect, with the current topics of their markets. Reads a
   * few pages for each 262,144 events of all users, in statements of bounded length.
   *
   * @param afterSeq 0 for the first call.
   * @param limit maximum number of events; fewer mean that there are no more.
   * @param beforeSeq only events before this one; null: all.
   */
  async historyOf(
    userKey: string,
    afterSeq: bigint,
    limit: number,
    beforeSeq: bigint | null = null,
  ): Promise<HistoricEvent[]> {
    const stored = await storedSeq(this.connection);
    if (stored === undefined) return [];
    const end = beforeSeq !== null && beforeSeq <= stored.last ? beforeSeq - 1n : stored.last;
    const history: HistoricEvent[] = [];
    let after = afterSeq < stored.first ? stored.first - 1n : afterSeq;
    while (after < end && history.length < limit) {
      const last = after + SEQ_SPAN < end ? after + SEQ_SPAN : end;
      const rest = limit - history.length;
      const rows = await this.#eventsBetween(userKey, after, last, rest);
      history.push(...rows.flatMap(toHistoricEvent));
      after = rows.length < rest ? last : (rows.at(-1)?.seq ?? last);
    }
    return history;
  }

  /** SQL: calls a database function, which searches by an index on an expression. */
  #eventsBetween(userKey: string, after: bigint, last: bigint, limit: number): Promise<HistoricRow[]> {
    return this.connection.$queryRaw<HistoricRow[]>`
      select i.seq, i.event_type::text as "eventType", i.occurred_at as "occurredAt", i.weight,
        i.dwell_ms as "dwellMs", i.country, i.stake, i.probability, i.volume_24h as "volume24h",
        n.number, i.market_id as "marketId", m.category,
        array(select t.label from market_tags t where t.market_id = m.id order by t.position) as tags
      from events_of_user(${userKey}, ${after}, ${last}, ${limit}::int) i
      left join markets m on m.id = i.market_id left join market_numbers n on n.market_id = m.id
      order by i.seq`;
  }

  /** Returns whether the event of a user with this `seq` is still stored. */
  async has(userKey: string, seq: bigint): Promise<boolean> {
    const found = await this.connection.interaction.findFirst({
      where: { userKey, seq },
      select: { seq: true },
    });
    return found !== null;
  }

  /** Stores events without context and without an effect on profiles: those that only count in trends, under keys of no user. */
  async addAnonymous(events: readonly Interaction[]): Promise<void> {
    await this.connection.interaction.createMany({
      data: events.map(({ attribution, ...event }) => ({
        ...event,
        section: event.section as FeedSection | null,
        context: Prisma.DbNull,
      })),
    });
  }

  /**
   * Claims the client event ids that were not used since `usedSince`. An id in use stays with its interaction.
   *
   * @returns for each event, in order, the interaction that its id identifies: its own if the id was new.
   */
  async claimClientEvents(events: readonly ClientEvent[], now: Date, usedSince: Date): Promise<string[]> {
    // Sorted, so that two callers cannot deadlock. Of events with the same id, the first one is kept.
    const rows = [...new Map(events.toReversed().map((event) => [identity(event), event])).entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, event]) => ({
        user_key: event.userKey,
        client_event_id: event.clientEventId,
        interaction_id: event.interactionId,
      }));
    // SQL: a batch upsert with a condition.
    const claimed = await this.connection.$queryRaw<ClientEventRow[]>`
      insert into client_events (user_key, client_event_id, interaction_id, received_at)
      select r.user_key, r.client_event_id, r.interaction_id, ${now}
      from json_to_recordset((select ${JSON.stringify(rows)}::text)::json)
        as r(user_key text, client_event_id text, interaction_id uuid)
      on conflict (user_key, client_event_id) do update
        set interaction_id = excluded.interaction_id, received_at = excluded.received_at
        where client_events.received_at < ${usedSince}
      returning user_key, client_event_id, interaction_id::text`;
    const owners = new Map(claimed.map((row) => [identityOf(row), row.interaction_id]));
    if (owners.size < rows.length) {
      const taken = rows.filter((row) => !owners.has(identityOf(row)));
      for (const row of await this.#ownersOf(taken)) owners.set(identityOf(row), row.interaction_id);
    }
    return events.map((event) => owners.get(identity(event)) ?? event.interactionId);
  }

  /**
   * Retains client event ids without a time limit, so that repeating an import stays idempotent. Skips ids that another
   * transaction is claiming.
   *
   * SQL: Prisma cannot skip locked rows.
   */
  async keepClientEvents(events: readonly Omit<ClientEvent, 'interactionId'>[]): Promise<void> {
    await forUsers(
      this.connection,
      events.map(({ userKey }) => userKey),
      (connection) => connection.$executeRaw`
        with locked as (
          select c.user_key, c.client_event_id from client_events c
          join json_to_recordset((select ${JSON.stringify(events)}::text)::json) as r("userKey" text, "clientEventId" text)
            on c.user_key = r."userKey" and c.client_event_id = r."clientEventId"
          where c.received_at < 'infinity' for update of c skip locked
        )
        update client_events c set received_at = 'infinity' from locked l
        where c.user_key = l.user_key and c.client_event_id = l.client_event_id`,
    );
  }

  /**
   * Removes the oldest client event ids that were claimed from one instant on and before another. Skips ids that another
   * transaction locks.
   *
   * SQL: Prisma cannot skip locked rows or limit a delete.
   *
   * @param from the `last` of the previous call. Removed rows stay in the index until they are vacuumed, so starting there
   *   avoids reading them again.
   * @returns the number of removed ids; `limit` if there may be more, from `last` on.
   */
  async removeClientEvents(
    from: Date,
    takenBefore: Date,
    limit: number,
  ): Promise<{ removed: number; last: Date }> {
    // Row ids as an array: with `in`, the planner may read the whole table in each call.
    const [row] = await this.connection.$queryRaw<{ removed: number; last: Date | null }[]>`
      with removed as (
        delete from client_events where ctid = any(array(
          select ctid from client_events where received_at >= ${from} and received_at < ${takenBefore}
          order by received_at limit ${limit} for update skip locked))
        returning received_at
      )
      select count(*)::int as removed, max(received_at) as last from removed`;
    return { removed: row?.removed ?? 0, last: row?.last ?? from };
  }

  /** SQL: with Prisma, 500 pairs of keys would be 1,000 parameters; here they are one. */
  #ownersOf(taken: readonly { user_key: string; client_event_id: string }[]): Promise<ClientEventRow[]> {
    return this.connection.$queryRaw<ClientEventRow[]>`
      select c.user_key, c.client_event_id, c.interaction_id::text from client_events c
      join json_to_recordset((select ${JSON.stringify(taken)}::text)::json) as r(user_key text, client_event_id text)
        on r.user_key = c.user_key and r.client_event_id = c.client_event_id`;
  }
}

interface ClientEventRow {
  user_key: string;
  client_event_id: string;
  interaction_id: string;
}

function identityOf(row: Pick<ClientEventRow, 'user_key' | 'client_event_id'>): string {
  return identity({ userKey: row.user_key, clientEventId: row.client_event_id });
}

function identity(event: { userKey: string; clientEventId: string }): string {
  return JSON.stringify([event.userKey, event.clientEventId]);
}

/** Empty for an event whose market is not stored. */
function toHistoricEvent(row: HistoricRow): HistoricEvent[] {
  const { seq, eventType, occurredAt, weight, dwellMs, country, stake, probability, volume24h } = row;
  const { number, marketId: id, category, tags } = row;
  if (number === null || category === null) return [];
  return [
    {
      seq,
      event: {
        ...{ eventType, occurredAtMs: occurredAt.getTime(), weight, dwellMs, country, stake },
        market: { id, category, tags, probability, volume24h: volume24h ?? NaN },
      },
      indexed: { number, id, category, tags },
    },
  ];
}
