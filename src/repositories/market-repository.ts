import { Prisma, type PrismaClient } from '../generated/prisma/client.js';
import { lockKeys } from './advisory-locks.js';
import { searchQuery } from './market-search.js';
import { topicKey, type Market, type MarketStatus } from './market.js';
import { insertTags, selectMarkets, toMarket, writeMarkets, type MarketRow } from './market-rows.js';
import { writeSnapshots, type MarketSnapshot } from './snapshot-rows.js';

/** Which markets to list; what is left out does not restrict. */
export interface MarketFilter {
  readonly category?: string | undefined;
  readonly tag?: string | undefined;
  readonly status?: MarketStatus | undefined;
  /** Each word must begin a word of title or description; see `market-search.ts`. */
  readonly text?: string | undefined;
}

/** A place in the list of markets: after this market. */
export interface MarketCursor {
  readonly createdAt: Date;
  readonly id: string;
}

export class MarketRepository {
  constructor(private readonly prisma: PrismaClient) {}

  /** The markets with these ids; unknown ids are left out. */
  async findByIds(ids: readonly string[]): Promise<Market[]> {
    const rows = await this.prisma.$queryRaw<MarketRow[]>`${selectMarkets} where m.id = any(${[...ids]})`;
    return rows.map(toMarket);
  }

  /** Every market that changed after `version`, whatever its status, and the newest version among them. */
  async changedSince(version: bigint): Promise<{ markets: Market[]; version: bigint }> {
    // Whoever starts from nothing has no use for markets that are over.
    const started = version > 0n ? Prisma.sql`` : Prisma.sql`and m.status = 'OPEN'`;
    const rows = await this.prisma.$queryRaw<MarketRow[]>`
      ${selectMarkets} where m.version > ${version} ${started} order by m.version`;
    return { markets: rows.map(toMarket), version: rows.at(-1)?.version ?? version };
  }

  /** The markets that are not open, the last changed first. */
  async latelyOver(limit: number): Promise<Market[]> {
    const rows = await this.prisma.$queryRaw<MarketRow[]>`
      ${selectMarkets} where m.status <> 'OPEN' order by m.version desc limit ${limit}`;
    return rows.map(toMarket);
  }

  /** One page of markets, newest first, and whether more follow. */
  async page(
    filter: MarketFilter,
    first: number,
    after: MarketCursor | undefined,
  ): Promise<{ markets: Market[]; hasMore: boolean }> {
    const query = filter.text === undefined ? undefined : searchQuery(filter.text);
    if (filter.text !== undefined && query === undefined) return { markets: [], hasMore: false };
    const conditions = [
      filter.category === undefined ? null : Prisma.sql`m.category_key = any(${keysOf(filter.category)})`,
      filter.status === undefined ? null : Prisma.sql`m.status = ${filter.status}::market_status`,
      filter.tag === undefined
        ? null
        : Prisma.sql`exists (select from market_tags t where t.market_id = m.id and t.key = any(${keysOf(filter.tag)}))`,
      query === undefined ? null : Prisma.sql`m.search @@ ${query}::tsquery`,
      after === undefined ? null : Prisma.sql`(m.created_at, m.id) < (${after.createdAt}, ${after.id})`,
    ].filter((condition) => condition !== null);
    const where =
      conditions.length === 0 ? Prisma.sql`` : Prisma.sql`where ${Prisma.join(conditions, ' and ')}`;
    const rows = await this.prisma.$queryRaw<MarketRow[]>`
      ${selectMarkets} ${where} order by m.created_at desc, m.id desc limit ${first + 1}`;
    return { markets: rows.slice(0, first).map(toMarket), hasMore: rows.length > first };
  }

  /**
   * Writes what `decide` makes of the markets as they are, in one transaction that no other writer
   * of markets shares. A market whose odds, volume or participants changed gets a snapshot row.
   *
   * @param decide from the stored markets by id: which markets to write, each whole.
   */
  async change(
    ids: readonly string[],
    now: Date,
    decide: (stored: ReadonlyMap<string, Market>) => readonly Market[],
  ): Promise<void> {
    await this.prisma.$transaction(
      async (tx) => {
        await tx.$executeRaw`select pg_advisory_xact_lock(${lockKeys('marketWriters')})`;
        const rows = await tx.$queryRaw<MarketRow[]>`${selectMarkets} where m.id = any(${[...ids]})`;
        const stored = new Map(rows.map((row) => [row.id, toMarket(row)]));
        const changed = decide(stored);
        if (changed.length === 0) return;
        const changedIds = changed.map((market) => market.id);
        await tx.$executeRaw(writeMarkets(changed, now));
        await tx.$executeRaw`delete from market_tags where market_id = any(${changedIds})`;
        await tx.$executeRaw(insertTags(changed));
        const moved = changed.filter((market) => hasMoved(stored.get(market.id), market));
        await tx.$executeRaw(writeSnapshots(moved.map((market) => snapshotOf(market, now))));
      },
      { timeout: 30_000, maxWait: 30_000 },
    );
  }

  /** Whether there is no market at all. */
  async isEmpty(): Promise<boolean> {
    return (await this.prisma.market.findFirst({ select: { id: true } })) === null;
  }
}

/** The keys of a topic: the present one, and that of markets that did not change since keys were only lower-cased. */
function keysOf(label: string): string[] {
  return [...new Set([topicKey(label), label.toLowerCase()])];
}

function hasMoved(before: Market | undefined, after: Market): boolean {
  return (
    before?.probability !== after.probability ||
    before.volume24h !== after.volume24h ||
    before.participantCount !== after.participantCount
  );
}

function snapshotOf(market: Market, now: Date): MarketSnapshot {
  const { id: marketId, probability, volume24h, participantCount } = market;
  return { marketId, at: now, probability, volume24h, participantCount };
}
