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

  /** The version of the newest change; 0 when there is none. */
  async newestVersion(): Promise<bigint> {
    const { _max } = await this.prisma.market.aggregate({ _max: { version: true } });
    return _max.version ?? 0n;
  }

  /** Open markets whose id is after this one in the order of the database, in that order. */
  async open(after: string, limit: number): Promise<Market[]> {
    const rows = await this.prisma.$queryRaw<MarketRow[]>`
      ${selectMarkets} where m.status = 'OPEN' and m.id > ${after} order by m.id limit ${limit}`;
    return rows.map(toMarket);
  }

  /**
   * The first markets that changed after `version`, whatever their status, as they are now.
   *
   * @returns with the version up to which changes are among them, and whether there are more.
   */
  async changedSince(
    version: bigint,
    limit: number,
  ): Promise<{ markets: Market[]; version: bigint; hasMore: boolean }> {
    const rows = await this.prisma.$queryRaw<MarketRow[]>`
      ${selectMarkets} where m.version > ${version} order by m.version limit ${limit}`;
    return {
      markets: rows.map(toMarket),
      version: rows.at(-1)?.version ?? version,
      hasMore: rows.length === limit,
    };
  }

  /** The texts and events of markets that are not open, the last changed first, from before a version. */
  async latelyOver(
    limit: number,
    before: bigint | null,
  ): Promise<
    (Pick<Market, 'id' | 'title' | 'category' | 'tags' | 'eventKey' | 'createdAt'> & { version: bigint })[]
  > {
    const markets = await this.prisma.market.findMany({
      where: { status: { not: 'OPEN' }, ...(before === null ? {} : { version: { lt: before } }) },
      orderBy: { version: 'desc' },
      take: limit,
      select: {
        ...{ id: true, title: true, category: true, eventKey: true, createdAt: true, version: true },
        tags: { select: { label: true }, orderBy: { position: 'asc' } },
      },
    });
    return markets.map((market) => ({ ...market, tags: market.tags.map(({ label }) => label) }));
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
