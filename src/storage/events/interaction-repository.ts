import type { PrismaClient } from '../../generated/prisma/client.js';
import type { EventType } from '../../domain/event.js';
import type { IndexedMarket } from '../markets/market-index.js';
import type { ProfileEvent } from '../../domain/profile.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/** An event as it is stored. */
export interface Interaction {
  readonly id: string;
  readonly userKey: string;
  readonly marketId: string;
  readonly eventType: EventType;
  /** Dwell factor included. */
  readonly weight: number;
  readonly dwellMs: number | null;
  readonly section: string | null;
  readonly position: number | null;
  readonly country: string | null;
  readonly sessionId: string | null;
  readonly feedId: string | null;
  readonly stake: number | null;
  readonly context: unknown;
  readonly clientEventId: string | null;
  /** The market's probability when the event was taken. */
  readonly probability: number | null;
  /** The market's volume24h when the event was taken. */
  readonly volume24h: number | null;
  readonly occurredAt: Date;
  readonly receivedAt: Date;
  /** Whether `occurredAt` was out of bounds and replaced by the server's time. */
  readonly clamped: boolean;
}

/** A stored event as a profile is folded from it. */
export interface HistoricEvent {
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
  volume24h: number;
  /** Null, as is the category, if the market is not stored any more. */
  number: number | null;
  marketId: string;
  category: string | null;
  tags: string[];
}

/** An event id chosen by the client, and the interaction it stands for. */
export interface ClientEvent {
  readonly userKey: string;
  readonly clientEventId: string;
  readonly interactionId: string;
}

/** Events of all users among which one statement looks for those of one user: 2,048 steps of a few pages. */
const SEQ_SPAN = 2_048n << 18n;

export class InteractionRepository {
  constructor(private readonly connection: Connection) {}

  /** Makes the partitions that events of these instants need. */
  async ensurePartitions(instants: readonly Date[]): Promise<void> {
    await this.connection.$executeRaw`select ensure_interaction_partitions(${[...instants]}::timestamptz[])`;
  }

  /**
   * Returns the events of a user in the order in which they took effect, with the topics of their markets as they are now.
   * Reads a few pages for each 262,144 events of all users, in statements of bounded length.
   *
   * @param afterSeq 0 to begin.
   * @param limit at most so many events; fewer mean that there are no more.
   */
  async historyOf(userKey: string, afterSeq: bigint, limit: number): Promise<HistoricEvent[]> {
    const [stored] = await this.connection.$queryRaw<{ first: bigint | null; last: bigint | null }[]>`
      select min(seq) as first, max(seq) as last from interactions`;
    if (stored?.first == null || stored.last == null) return [];
    const history: HistoricEvent[] = [];
    let after = afterSeq < stored.first ? stored.first - 1n : afterSeq;
    while (after < stored.last && history.length < limit) {
      const last = after + SEQ_SPAN < stored.last ? after + SEQ_SPAN : stored.last;
      const rest = limit - history.length;
      const rows = await this.#eventsBetween(userKey, after, last, rest);
      history.push(...rows.flatMap(toHistoricEvent));
      after = rows.length < rest ? last : (rows.at(-1)?.seq ?? last);
    }
    return history;
  }

  #eventsBetween(userKey: string, after: bigint, last: bigint, limit: number): Promise<HistoricRow[]> {
    return this.connection.$queryRaw<HistoricRow[]>`
      select i.seq, i.event_type::text as "eventType", i.occurred_at as "occurredAt", i.weight,
        i.dwell_ms as "dwellMs", i.country, i.stake, i.probability, coalesce(i.volume_24h, 0) as "volume24h",
        n.number, i.market_id as "marketId", m.category,
        array(select t.label from market_tags t where t.market_id = m.id order by t.position) as tags
      from events_of_user(${userKey}, ${after}, ${last}, ${limit}::int) i
      left join markets m on m.id = i.market_id left join market_numbers n on n.market_id = m.id
      order by i.seq`;
  }

  /** Whether the event of a user with this `seq` is stored, and was not removed. */
  async has(userKey: string, seq: bigint): Promise<boolean> {
    const [row] = await this.connection.$queryRaw<{ isStored: boolean }[]>`
      select exists (select from interactions where user_key = ${userKey} and seq = ${seq}) as "isStored"`;
    return row?.isStored ?? false;
  }

  /**
   * Takes client event ids that were not used since `usedSince`. Ids already in use stay with their
   * interaction.
   *
   * @returns for each event, in order, the interaction that its id stands for: its own when it was new.
   */
  async claimClientEvents(events: readonly ClientEvent[], now: Date, usedSince: Date): Promise<string[]> {
    // Taken in one order everywhere, so that two callers cannot block each other; of the same id twice, the first.
    const rows = [...new Map(events.toReversed().map((event) => [identity(event), event])).entries()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, event]) => ({
        user_key: event.userKey,
        client_event_id: event.clientEventId,
        interaction_id: event.interactionId,
      }));
    const claimed = await this.connection.$queryRaw<ClientEventRow[]>`
      insert into client_events (user_key, client_event_id, interaction_id, received_at)
      select r.user_key, r.client_event_id, r.interaction_id, ${now}
      from json_to_recordset((select ${JSON.stringify(rows)}::text)::json)
        as r(user_key text, client_event_id text, interaction_id uuid)
      on conflict (user_key, client_event_id) do update
        set interaction_id = excluded.interaction_id, received_at = excluded.received_at
        where client_events.received_at < ${usedSince}
      returning user_key, client_event_id, interaction_id::text`;
    const held = new Map(claimed.map((row) => [identityOf(row), row.interaction_id]));
    if (held.size < rows.length) {
      const taken = rows.filter((row) => !held.has(identityOf(row)));
      for (const row of await this.#holders(taken)) held.set(identityOf(row), row.interaction_id);
    }
    return events.map((event) => held.get(identity(event)) ?? event.interactionId);
  }

  /**
   * Keeps client event ids for ever: what is imported is known for the same however late it comes again. One that
   * somebody else is taking just now is left to them.
   */
  async keepClientEvents(events: readonly Omit<ClientEvent, 'interactionId'>[]): Promise<void> {
    await this.connection.$executeRaw`
      with held as (
        select c.user_key, c.client_event_id from client_events c
        join json_to_recordset((select ${JSON.stringify(events)}::text)::json) as r("userKey" text, "clientEventId" text)
          on c.user_key = r."userKey" and c.client_event_id = r."clientEventId"
        where c.received_at < 'infinity' for update of c skip locked
      )
      update client_events c set received_at = 'infinity' from held h
      where c.user_key = h.user_key and c.client_event_id = h.client_event_id`;
  }

  /**
   * Removes the first client event ids that were taken from one instant on and before another. Ids that another
   * transaction locks are skipped.
   *
   * @param from where the call before ended, so that the rows that it removed are not read again; the removed rows stay in
   *   the index until they are vacuumed.
   * @returns how many were removed; `limit` when there may be more, then from `last` on.
   */
  async removeClientEvents(
    from: Date,
    takenBefore: Date,
    limit: number,
  ): Promise<{ removed: number; last: Date }> {
    // By row ids as an array: with `in`, the planner may read the whole table for each step.
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

  #holders(taken: readonly { user_key: string; client_event_id: string }[]): Promise<ClientEventRow[]> {
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
        market: { id, category, tags, probability, volume24h },
      },
      indexed: { number, id, category, tags },
    },
  ];
}
