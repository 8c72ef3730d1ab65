import type { PrismaClient } from '../generated/prisma/client.js';

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

  async add(rows: readonly ServedFeedRow[]): Promise<void> {
    await this.connection.$executeRaw`
      insert into served_feeds (feed_id, user_key, served_at, ranking)
      select * from unnest(${rows.map(({ feedId }) => feedId)}::text[]::uuid[],
        ${rows.map(({ userKey }) => userKey)}::text[],
        ${rows.map(({ servedAt }) => servedAt.toISOString())}::text[]::timestamptz[],
        ${rows.map(({ ranking }) => ranking)}::text[])
      on conflict (feed_id) do nothing`;
  }

  async find(feedId: string): Promise<ServedFeedRow | undefined> {
    const [row] = await this.connection.$queryRaw<ServedFeedRow[]>`
      select feed_id::text as "feedId", user_key as "userKey", served_at as "servedAt", ranking
      from served_feeds where feed_id = ${feedId}::uuid`;
    return row;
  }

  /**
   * Removes what is older than an instant, and of feeds of nobody what is older than another.
   *
   * @returns how many were removed.
   */
  async removeBefore(instant: Date, ofNobody: Date): Promise<number> {
    return this.connection.$executeRaw`
      delete from served_feeds where served_at < ${instant} or (user_key is null and served_at < ${ofNobody})`;
  }
}
