import { withPartitions, type PartitionRepository } from './partitions.js';
import { joinBytes, type Connection } from './sql.js';

/** The users whose feeds a caller may read, besides those of anonymous users. Null: every user. */
export type FeedReaders = readonly string[] | null;

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
  constructor(
    private readonly connection: Connection,
    private readonly partitions: PartitionRepository,
  ) {}

  /** Stores feeds; those already stored stay unchanged. */
  async add(feeds: readonly PackedFeed[]): Promise<void> {
    if (feeds.length === 0) return;
    const times = feeds.map(({ servedAt }) => servedAt.getTime());
    const [first, last] = [new Date(Math.min(...times)), new Date(Math.max(...times))];
    const ensure = async (): Promise<void> => {
      await this.partitions.ensureForServedFeeds(first, last);
      await this.partitions.ensureForServedFeedRests(first, last);
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
   * Returns a feed that the readers may read; undefined for any other, whether it is stored or not.
   *
   * SQL: a database function, which names the readers for row-level security in the same round trip.
   */
  async find(feedId: string, readers: FeedReaders): Promise<StoredFeed | undefined> {
    const [feed] = await this.connection.$queryRaw<StoredFeed[]>`
      select feed_id::text as "feedId", user_key as "userKey", served_at as "servedAt", ranking, page, rest
      from find_served_feed(${feedId}::uuid, ${readers === null ? null : [...readers]}::text[])`;
    return feed;
  }

  /**
   * Returns the stored ones of some feeds, of all users.
   *
   * SQL: a database function per feed, as in {@link find}, in one round trip.
   */
  async findAll(feedIds: readonly string[]): Promise<StoredFeed[]> {
    return this.connection.$queryRaw<StoredFeed[]>`
      select f.feed_id::text as "feedId", f.user_key as "userKey", f.served_at as "servedAt", f.ranking, f.page, f.rest
      from unnest(${[...feedIds]}::text[]) as wanted(id), find_served_feed(wanted.id::uuid, null) f`;
  }

  /** Returns the ids of markets by their numbers; unknown numbers are left out. */
  async marketIds(numbers: readonly number[]): Promise<Map<number, string>> {
    const rows = await this.connection.marketNumber.findMany({ where: { number: { in: [...numbers] } } });
    return new Map(rows.map(({ number, marketId }) => [number, marketId]));
  }
}
