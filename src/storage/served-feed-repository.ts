import { PartitionRepository, withPartitions } from './partitions.js';
import { joinBytes, type Connection } from './sql.js';

/** A feed to store. */
export interface PackedFeed {
  readonly feedId: string;
  readonly userKey: string | null;
  readonly servedAt: Date;
  readonly page: Uint8Array;
  /** The markets after the page; empty for a feed that ends with its page. */
  readonly rest: Uint8Array;
}

/** A stored feed. */
export interface StoredFeed {
  readonly feedId: string;
  readonly userKey: string | null;
  readonly servedAt: Date;
  /** JSON, in a feed stored by a version before the packed format; otherwise null. */
  readonly ranking: string | null;
  /** Null in a feed with `ranking`. */
  readonly page: Uint8Array | null;
  /** Null if it was empty or is no longer stored. */
  readonly rest: Uint8Array | null;
}

/** Served feeds: one row for the page, and one for the rest, in a table whose partitions are dropped sooner. */
export class ServedFeedRepository {
  readonly #partitions: PartitionRepository;

  constructor(private readonly connection: Connection) {
    this.#partitions = new PartitionRepository(connection);
  }

  /** Stores feeds; those already stored stay unchanged. */
  async add(feeds: readonly PackedFeed[]): Promise<void> {
    if (feeds.length === 0) return;
    const times = feeds.map(({ servedAt }) => servedAt.getTime());
    const [first, last] = [new Date(Math.min(...times)), new Date(Math.max(...times))];
    const ensure = async (): Promise<void> => {
      await this.#partitions.ensureForServedFeeds(first, last);
      await this.#partitions.ensureForServedFeedRests(first, last);
    };
    await withPartitions(ensure, () => this.#insert(feeds));
  }

  /** SQL: one batch statement for all feeds and both tables. */
  async #insert(feeds: readonly PackedFeed[]): Promise<void> {
    const pages = joinBytes(feeds.map(({ page }) => page));
    const rests = joinBytes(feeds.map(({ rest }) => rest));
    await this.connection.$executeRaw`
      with feeds as materialized (
        select id::uuid as feed_id, user_key, at::timestamptz as served_at,
          substr(${pages.bytes}::bytea, page_start, page_length) as page,
          substr(${rests.bytes}::bytea, rest_start, rest_length) as rest
        from unnest(${feeds.map(({ feedId }) => feedId)}::text[], ${feeds.map(({ userKey }) => userKey)}::text[],
          ${feeds.map(({ servedAt }) => servedAt.toISOString())}::text[],
          ${pages.starts}::int[], ${pages.lengths}::int[], ${rests.starts}::int[], ${rests.lengths}::int[])
          as f(id, user_key, at, page_start, page_length, rest_start, rest_length)
      ), pages as (
        insert into served_feeds (feed_id, user_key, served_at, page)
        select feed_id, user_key, served_at, page from feeds on conflict do nothing
        returning feed_id
      )
      insert into served_feed_rests (feed_id, served_at, rest)
      select feed_id, served_at, rest from feeds
      where length(rest) > 0 and feed_id in (select feed_id from pages)`;
  }

  /**
   * SQL: the table of rests has no key, so Prisma does not know it. A subquery, because these tables have no statistics: for
   * a join, the planner reads all rests of an hour.
   */
  async find(feedId: string): Promise<StoredFeed | undefined> {
    const [feed] = await this.connection.$queryRaw<StoredFeed[]>`
      select f.feed_id::text as "feedId", f.user_key as "userKey", f.served_at as "servedAt", f.ranking, f.page,
        (select r.rest from served_feed_rests r where r.served_at = f.served_at and r.feed_id = f.feed_id) as rest
      from served_feeds f where f.feed_id = ${feedId}::uuid`;
    return feed;
  }

  /** Returns the ids of markets by their numbers; unknown numbers are left out. */
  async marketIds(numbers: readonly number[]): Promise<Map<number, string>> {
    const rows = await this.connection.marketNumber.findMany({ where: { number: { in: [...numbers] } } });
    return new Map(rows.map(({ number, marketId }) => [number, marketId]));
  }
}
