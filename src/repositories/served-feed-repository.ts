import type { PrismaClient } from '../generated/prisma/client.js';
import { withPartitions } from './unavailable.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/** A feed that was answered, as it is stored. */
export interface ServedFeedRow {
  readonly feedId: string;
  readonly userKey: string | null;
  readonly servedAt: Date;
  /** JSON. */
  readonly ranking: string;
}

export class ServedFeedRepository {
  constructor(private readonly connection: Connection) {}

  /** Makes the partitions that feeds served between two instants need. */
  async ensurePartitions(first: Date, last: Date): Promise<void> {
    await this.connection.$executeRaw`select ensure_served_feed_partitions(${first}, ${last})`;
  }

  /** Stores feeds; those that are stored already stay as they are. */
  async add(rows: readonly ServedFeedRow[]): Promise<void> {
    if (rows.length === 0) return;
    const times = rows.map(({ servedAt }) => servedAt.getTime());
    await withPartitions(
      () => this.ensurePartitions(new Date(Math.min(...times)), new Date(Math.max(...times))),
      () => this.#insert(rows),
    );
  }

  async #insert(rows: readonly ServedFeedRow[]): Promise<void> {
    await this.connection.$executeRaw`
      insert into served_feeds (feed_id, user_key, served_at, ranking)
      select * from unnest(${rows.map(({ feedId }) => feedId)}::text[]::uuid[],
        ${rows.map(({ userKey }) => userKey)}::text[],
        ${rows.map(({ servedAt }) => servedAt.toISOString())}::text[]::timestamptz[],
        ${rows.map(({ ranking }) => ranking)}::text[])
      on conflict do nothing`;
  }

  async find(feedId: string): Promise<ServedFeedRow | undefined> {
    const [row] = await this.connection.$queryRaw<ServedFeedRow[]>`
      select feed_id::text as "feedId", user_key as "userKey", served_at as "servedAt", ranking
      from served_feeds where feed_id = ${feedId}::uuid`;
    return row;
  }

  /**
   * Removes feeds that were served to nobody in particular before an instant.
   *
   * @returns how many were removed.
   */
  async removeOfNobody(before: Date): Promise<number> {
    return this.connection.$executeRaw`
      delete from served_feeds where user_key is null and served_at < ${before}`;
  }
}
