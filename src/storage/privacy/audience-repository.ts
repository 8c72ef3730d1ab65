import { Prisma } from '../../generated/prisma/client.js';
import type { Connection } from '../sql.js';

/** The kind of topic that a user is counted for. */
export type AudienceTopicKind = 'CATEGORY' | 'TAG';

/** The cells that users are counted in: each topic of a kind, or each pair of a topic and a country. */
export interface CellSet {
  readonly kind: AudienceTopicKind;
  readonly byCountry: boolean;
}

/** The events from `from` on and before `to`. */
interface Period {
  readonly from: Date;
  readonly to: Date;
}

/** The users whose key has a hash (hashtext) from `first` to `last`. */
export interface HashRange {
  readonly first: number;
  readonly last: number;
}

/** Some events of a period. */
export interface EventBuckets {
  /** The index buckets that they are in. */
  readonly buckets: readonly number[];
  readonly events: number;
  /** Where to continue; null at the end of the period. */
  readonly next: Date | null;
}

/** Number of users in a cell. */
export interface CellCount {
  /** Key of the topic. */
  readonly topic: string;
  /** Null for events without a country, and for cells of a topic alone. */
  readonly country: string | null;
  readonly users: number;
}

/**
 * Counts the users of topics, in statements of bounded size that write nothing. SQL throughout: aggregates, and an index on
 * expressions. The methods that read events require a transaction that called {@link AudienceRepository.begin}.
 */
export class AudienceRepository {
  constructor(private readonly connection: Connection) {}

  /** Disables plans that read whole partitions, which have no statistics at first, until the transaction ends. */
  async begin(): Promise<void> {
    await this.connection.$executeRaw`
      select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
        set_config('enable_mergejoin', 'off', true)`;
  }

  /**
   * Returns the index buckets of the first events of a period.
   *
   * @param limit number of events to read; more if they have the same time.
   */
  async buckets({ from, to }: Period, limit: number): Promise<EventBuckets> {
    const [stop] = await this.connection.$queryRaw<{ at: Date }[]>`
      select occurred_at as at from interactions where occurred_at >= ${from} and occurred_at < ${to}
      order by occurred_at offset ${limit} limit 1`;
    const next = stop === undefined ? null : new Date(Math.max(stop.at.getTime(), from.getTime() + 1));
    const rows = await this.connection.$queryRaw<{ bucket: number; events: number }[]>`
      select (seq >> 18)::int as bucket, count(*)::int as events from interactions
      where occurred_at >= ${from} and occurred_at < ${next ?? to} group by 1`;
    return {
      buckets: rows.map(({ bucket }) => bucket),
      events: rows.reduce((sum, { events }) => sum + events, 0),
      next: next === null || next >= to ? null : next,
    };
  }

  /**
   * Counts the users with a hash in a range who engaged with a topic within a period: those with an event of positive weight,
   * without users who opted out. Erased users have no events.
   * A user counts in at most `cellsPerUser` cells: the first ones by the SHA-256 of a key, the cell, and the user. The order
   * is as good as random for each user, independent of other users, and the same at each call with the same key.
   *
   * @param buckets all index buckets with events of the period.
   * @param selectionKey a secret of the release.
   */
  async countUsers(
    { kind, byCountry }: CellSet,
    { from, to, buckets, users }: Period & { readonly buckets: readonly number[]; readonly users: HashRange },
    { cellsPerUser, selectionKey }: { readonly cellsPerUser: number; readonly selectionKey: Uint8Array },
  ): Promise<CellCount[]> {
    const country = byCountry ? Prisma.sql`coalesce(e.country, '')` : Prisma.sql`''::text`;
    const topics =
      kind === 'CATEGORY'
        ? Prisma.sql`select m.category_key as topic from markets m where m.id = e.market_id`
        : Prisma.sql`select t.key as topic from market_tags t where t.market_id = e.market_id`;
    return this.connection.$queryRaw<CellCount[]>`
      with engaged as materialized (
        select distinct i.user_key, i.market_id, ${byCountry ? Prisma.sql`i.country` : Prisma.sql`null::text as country`}
        from unnest(${[...buckets]}::int[]) b(bucket) cross join lateral (
          select user_key, market_id, country from interactions
          where (seq >> 18)::int = b.bucket and hashtext(user_key) between ${users.first}::int and ${users.last}::int
            and occurred_at >= ${from} and occurred_at < ${to} and weight > 0
            -- Not the events of users who opted out, each of which has a key of its own.
            and user_key not like chr(1) || '%'
        ) i
      ),
      cells as (
        select distinct e.user_key, ${country} as country, topics.topic
        from engaged e cross join lateral (${topics}) topics
        where not exists (select from user_settings s where s.user_key = e.user_key and not s.personalization_enabled)
      ),
      ordered as (
        select country, topic, row_number() over (partition by user_key order by
          sha256(${Buffer.from(selectionKey)}::bytea || convert_to(rpad(country, 2) || topic || chr(10) || user_key, 'UTF8')),
          country, topic) as position
        from cells
      )
      select topic, nullif(country, '') as country, count(*)::int as users
      from ordered where position <= ${cellsPerUser} group by topic, country`;
  }

  /** Returns a label of each topic, from the catalog alone. Topics that no market has any more are left out. */
  async labels(kind: AudienceTopicKind, topics: readonly string[]): Promise<Map<string, string>> {
    const labels =
      kind === 'CATEGORY'
        ? Prisma.sql`select category as label from markets where category_key = wanted.topic
            order by created_at, id limit 1`
        : Prisma.sql`select label from market_tags where key = wanted.topic order by market_id limit 1`;
    const rows = await this.connection.$queryRaw<{ topic: string; label: string }[]>`
      select wanted.topic, found.label from unnest(${[...topics]}::text[]) wanted(topic) cross join lateral (${labels}) found`;
    return new Map(rows.map(({ topic, label }) => [topic, label]));
  }
}
