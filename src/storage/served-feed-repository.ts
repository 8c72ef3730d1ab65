import type { PrismaClient } from '../generated/prisma/client.js';
import { withPartitions } from './unavailable.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/** A feed to be stored. */
export interface PackedFeed {
  readonly feedId: string;
  readonly userKey: string | null;
  readonly servedAt: Date;
  readonly page: Uint8Array;
  /** Empty for a feed that ends with its page. */
  readonly rest: Uint8Array;
}

/** A feed as stored. */
export interface StoredFeed {
  readonly feedId: string;
  readonly userKey: string | null;
  readonly servedAt: Date;
  /** JSON, in a feed that a version before the packed format stored; else null. */
  readonly ranking: string | null;
  /** Null in a feed with `ranking`. */
  readonly page: Uint8Array | null;
  /** Null when it was empty, or is no longer stored. */
  readonly rest: Uint8Array | null;
}

/** Served feeds: a row for the page, and one, in a table that is dropped sooner, for what follows the page. */
export class ServedFeedRepository {
  constructor(private readonly connection: Connection) {}

  /** Creates the missing partitions for the pages of feeds served between two instants. */
  async ensurePartitions(first: Date, last: Date): Promise<void> {
    await this.connection.$executeRaw`select ensure_served_feed_partitions(${first}, ${last})`;
  }

  /** Creates the missing partitions for what follows the pages of feeds served between two instants. */
  async ensureRestPartitions(first: Date, last: Date): Promise<void> {
    await this.connection.$executeRaw`select ensure_served_feed_rest_partitions(${first}, ${last})`;
  }

  /** Stores feeds; those already stored stay unchanged. */
  async add(feeds: readonly PackedFeed[]): Promise<void> {
    if (feeds.length === 0) return;
    const times = feeds.map(({ servedAt }) => servedAt.getTime());
    const [first, last] = [new Date(Math.min(...times)), new Date(Math.max(...times))];
    const ensure = async (): Promise<void> => {
      await this.ensurePartitions(first, last);
      await this.ensureRestPartitions(first, last);
    };
    await withPartitions(ensure, () => this.#insert(feeds));
  }

  /** One statement, for all feeds and both tables. The bytes go in one parameter each, which is parsed faster than an array. */
  async #insert(feeds: readonly PackedFeed[]): Promise<void> {
    const pages = slices(feeds.map(({ page }) => page));
    const rests = slices(feeds.map(({ rest }) => rest));
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

  /** By a subquery: these tables have no statistics, so for a join the planner reads all rests of an hour. */
  async find(feedId: string): Promise<StoredFeed | undefined> {
    const [feed] = await this.connection.$queryRaw<StoredFeed[]>`
      select f.feed_id::text as "feedId", f.user_key as "userKey", f.served_at as "servedAt", f.ranking, f.page,
        (select r.rest from served_feed_rests r where r.served_at = f.served_at and r.feed_id = f.feed_id) as rest
      from served_feeds f where f.feed_id = ${feedId}::uuid`;
    return feed;
  }

  /** The ids of markets by their numbers; unknown numbers are left out. */
  async marketIds(numbers: readonly number[]): Promise<Map<number, string>> {
    const rows = await this.connection.$queryRaw<{ number: number; marketId: string }[]>`
      select number, market_id as "marketId" from market_numbers where number = any(${[...numbers]}::int[])`;
    return new Map(rows.map(({ number, marketId }) => [number, marketId]));
  }
}

/** Pieces of bytes as one, with the start (from 1) and the length of each. */
function slices(pieces: readonly Uint8Array[]): { bytes: Buffer; starts: number[]; lengths: number[] } {
  const lengths = pieces.map(({ length }) => length);
  let end = 1;
  const starts = lengths.map((length) => (end += length) - length);
  return { bytes: Buffer.concat(pieces), starts, lengths };
}
