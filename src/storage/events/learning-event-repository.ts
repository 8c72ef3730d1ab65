import type { EventType, NegativeType } from '../../domain/event.js';
import type { Connection } from '../sql.js';
import { storedSeq } from './stored-seq.js';

/** An engagement or a rejection, as the learning job reads it. */
export interface LearningEvent {
  readonly seq: bigint;
  readonly userKey: string;
  readonly marketId: string;
  readonly eventType: EventType;
  readonly weight: number;
  readonly occurredAt: Date;
  readonly country: string | null;
}

/** An impression of a market in a served feed. */
export interface FeedImpression {
  readonly seq: bigint;
  readonly userKey: string;
  readonly marketId: string;
  /** As the client reported it. */
  readonly feedId: string;
  readonly occurredAt: Date;
}

/** What happened before and after an impression. */
export interface ImpressionOutcome {
  /** Whether there was an earlier impression of the market in the same feed. */
  readonly isRepeated: boolean;
  /** Whether the user engaged with the market within the time for a reward. */
  readonly isRewarded: boolean;
}

/** Events of all users, and of one user, in which the outcome of an impression is looked for on either side. */
const OUTCOME_SPAN = 1n << 18n;
const OUTCOME_EVENTS = 500;

/** Of the first events after a time, the lowest `seq` is taken: clients report some events late. */
const FIRST_EVENTS = 100;

/** The stored events of all users, as the jobs that learn from them read them. */
export class LearningEventRepository {
  constructor(private readonly connection: Connection) {}

  /** Returns the highest `seq` of all events; 0 without any. */
  async lastSeq(): Promise<bigint> {
    return (await storedSeq(this.connection))?.last ?? 0n;
  }

  /**
   * Returns events of positive weight, and those of some types, in the order of `seq`.
   *
   * @param receivedBefore only events that were received before this time.
   */
  reactionsAfter(
    afterSeq: bigint,
    receivedBefore: Date,
    { rejections, limit }: { readonly rejections: readonly NegativeType[]; readonly limit: number },
  ): Promise<LearningEvent[]> {
    const isPositive = { weight: { gt: 0 } };
    const isReaction =
      rejections.length === 0 ? isPositive : { OR: [isPositive, { eventType: { in: [...rejections] } }] };
    return this.connection.interaction.findMany({
      where: { seq: { gt: afterSeq }, receivedAt: { lt: receivedBefore }, ...isReaction },
      orderBy: { seq: 'asc' },
      take: limit,
      select: {
        ...{ seq: true, userKey: true, marketId: true, eventType: true, weight: true },
        ...{ occurredAt: true, country: true },
      },
    });
  }

  /**
   * Returns events of positive weight, the latest `seq` first, except those of users who opted out.
   *
   * SQL: an anti-join of tables that Prisma does not relate.
   *
   * @param beforeSeq only events before this one; null: all.
   * @param receivedBefore only events that were received before this time.
   */
  engagementsBefore(
    beforeSeq: bigint | null,
    receivedBefore: Date,
    limit: number,
  ): Promise<Pick<LearningEvent, 'seq' | 'userKey' | 'marketId'>[]> {
    return this.connection.$queryRaw`
      select i.seq, i.user_key as "userKey", i.market_id as "marketId" from interactions i
      where i.seq < ${beforeSeq ?? 9_223_372_036_854_775_807n} and i.weight > 0 and i.received_at < ${receivedBefore}
        and not exists (
          select from user_settings s where s.user_key = i.user_key and not s.personalization_enabled)
      order by i.seq desc limit ${limit}`;
  }

  /**
   * Returns impressions that name a feed, in the order of `seq`.
   *
   * @param receivedBefore only impressions that were received before this time.
   */
  async feedImpressionsAfter(
    afterSeq: bigint,
    receivedBefore: Date,
    limit: number,
  ): Promise<FeedImpression[]> {
    const rows = await this.connection.interaction.findMany({
      where: {
        ...{ seq: { gt: afterSeq }, eventType: 'IMPRESSION', feedId: { not: null } },
        receivedAt: { lt: receivedBefore },
      },
      orderBy: { seq: 'asc' },
      take: limit,
      select: { seq: true, userKey: true, marketId: true, feedId: true, occurredAt: true },
    });
    return rows.map(({ feedId, ...row }) => ({ ...row, feedId: feedId ?? '' }));
  }

  /**
   * Returns the outcomes of impressions, in order. Of each user, it reads at most 500 events after an impression, and as many
   * before it, within 262,144 events of all users.
   *
   * SQL: calls a database function for each impression, in one statement.
   *
   * @param withinMs time for a reward.
   */
  async outcomesOf(impressions: readonly FeedImpression[], withinMs: number): Promise<ImpressionOutcome[]> {
    const rows = impressions.map(({ seq, userKey, marketId, feedId, occurredAt }) => ({
      ...{ seq: String(seq), user_key: userKey, market_id: marketId, feed_id: feedId },
      occurred_at: occurredAt,
    }));
    return this.connection.$queryRaw<ImpressionOutcome[]>`
      select exists (
          select from events_of_user(r.user_key, greatest(0, r.seq - ${OUTCOME_SPAN}::bigint), r.seq - 1, ${OUTCOME_EVENTS}::int) e
          where e.market_id = r.market_id and e.event_type = 'IMPRESSION' and lower(e.feed_id) = lower(r.feed_id)
        ) as "isRepeated",
        exists (
          select from events_of_user(r.user_key, r.seq, r.seq + ${OUTCOME_SPAN}::bigint, ${OUTCOME_EVENTS}::int) e
          where e.market_id = r.market_id and e.weight > 0 and e.occurred_at between r.occurred_at
            and r.occurred_at + make_interval(secs => ${withinMs / 1_000}::float8)
        ) as "isRewarded"
      from json_to_recordset((select ${JSON.stringify(rows)}::text)::json)
        as r(seq bigint, user_key text, market_id text, feed_id text, occurred_at timestamptz)`;
  }

  /** Returns a `seq` below those of nearly all events that occurred at or after a time; that of the last event if there are none. */
  async seqBefore(time: Date): Promise<bigint> {
    const first = await this.connection.interaction.findMany({
      where: { occurredAt: { gte: time } },
      orderBy: { occurredAt: 'asc' },
      take: FIRST_EVENTS,
      select: { seq: true },
    });
    if (first.length === 0) return this.lastSeq();
    return first.reduce((least, { seq }) => (seq < least ? seq : least), first[0]?.seq ?? 0n) - 1n;
  }
}
