import { isDeepStrictEqual } from 'node:util';
import { Prisma, type PrismaClient } from '../../generated/prisma/client.js';
import { lockKeys } from '../advisory-locks.js';
import type { MarketIndex } from './market-index.js';
import { searchQuery } from './market-search.js';
import {
  isOfFiguresOnly,
  recordFigureChanges,
  removeOldFigureChanges,
  writeFigures,
} from './market-figures.js';
import {
  topicKey,
  type Market,
  type MarketRecord,
  type MarketStatus,
  type MarketTexts,
} from '../../domain/market.js';
import {
  insertTags,
  selectMarketRecords,
  selectMarkets,
  toMarket,
  toMarketRecord,
  writeMarkets,
  type MarketChange,
  type MarketRecordRow,
  type MarketRow,
} from './market-rows.js';
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
  /** @param index receives the markets that are read. */
  constructor(
    private readonly prisma: PrismaClient,
    private readonly index: Pick<MarketIndex, 'add'>,
  ) {}

  /** The markets with these ids; unknown ids are left out. */
  async findByIds(ids: readonly string[]): Promise<Market[]> {
    const rows = await this.prisma.$queryRaw<MarketRow[]>`${selectMarkets} where m.id = any(${[...ids]})`;
    return this.#indexed(rows);
  }

  /** Those of the markets with these ids that are open. */
  async openAmong(ids: readonly string[]): Promise<string[]> {
    const rows = await this.prisma.market.findMany({
      where: { id: { in: [...ids] }, status: 'OPEN' },
      select: { id: true },
    });
    return rows.map(({ id }) => id);
  }

  /** All that is stored of the markets with these ids; unknown ids are left out. */
  async findRecords(ids: readonly string[]): Promise<MarketRecord[]> {
    return readRecords(this.prisma, ids);
  }

  /** The long texts of the markets with these ids; unknown ids are left out. */
  async texts(ids: readonly string[]): Promise<(MarketTexts & { readonly id: string })[]> {
    return this.prisma.market.findMany({
      where: { id: { in: [...ids] } },
      select: { id: true, description: true, editorialDescription: true },
    });
  }

  /** The version of the newest change; 0 when there is none. */
  async newestVersion(): Promise<bigint> {
    const [row] = await this.prisma.$queryRaw<{ version: bigint | null }[]>`
      select greatest((select max(version) from markets), (select max(version) from market_figure_changes)) as version`;
    return row?.version ?? 0n;
  }

  /** Open markets whose id is after this one in the order of the database, in that order. */
  async open(after: string, limit: number): Promise<Market[]> {
    const rows = await this.prisma.$queryRaw<MarketRow[]>`
      ${selectMarkets} where m.status = 'OPEN' and m.id > ${after} order by m.id limit ${limit}`;
    return this.#indexed(rows);
  }

  /**
   * The first markets that changed after `version`, whatever their status, as they are now; about `limit` at most.
   *
   * @returns with the version up to which changes are among them, and whether there are more. Null when changes after
   *   `version` may no longer be recorded, since an hour or more has passed.
   */
  async changedSince(
    version: bigint,
    limit: number,
  ): Promise<{ markets: Market[]; version: bigint; hasMore: boolean } | null> {
    // One statement, so that both lists are as of one instant: a transaction is in both or in neither.
    const rows = await this.prisma.$queryRaw<{ kind: string; version: bigint; numbers: number[] }[]>`
      (select 'oldest' as kind, min(version) as version, array[]::int[] as numbers from market_figure_changes)
      union all
      (select 'market', m.version, array[n.number] from markets m join market_numbers n on n.market_id = m.id
        where m.version > ${version} order by m.version limit ${limit})
      union all
      (select 'figures', version, market_numbers from market_figure_changes
        where version > ${version} order by version limit ${FIGURE_ROWS})`;
    if (rows.some((row) => row.kind === 'oldest' && row.version > version)) return null;
    const changes = rows.filter(({ kind }) => kind !== 'oldest');
    const page = firstChanges(changes, limit);
    if (page.numbers.length === 0) return { markets: [], version, hasMore: false };
    const markets = await this.prisma.$queryRaw<MarketRow[]>`
      ${selectMarkets} where n.number = any(${page.numbers})`;
    return { markets: this.#indexed(markets), version: page.version, hasMore: page.hasMore };
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
    decide: (stored: ReadonlyMap<string, MarketRecord>) => readonly MarketRecord[],
  ): Promise<void> {
    await this.prisma.$transaction(
      async (tx) => {
        await tx.$executeRaw`select pg_advisory_xact_lock(${lockKeys('marketWriters')})`;
        const stored = new Map((await readRecords(tx, ids)).map((market) => [market.id, market]));
        const changes = decide(stored).map((after) => ({ before: stored.get(after.id), after }));
        if (changes.length === 0) return;
        const { figures = [], whole = [] } = Object.groupBy(changes, (change) =>
          isOfFiguresOnly(change) ? 'figures' : 'whole',
        );
        if (figures.length > 0) {
          await tx.$executeRaw(writeFigures(figures));
          await tx.$executeRaw(recordFigureChanges(figures, now));
          await tx.$executeRaw(removeOldFigureChanges(now));
        }
        if (whole.length > 0) {
          await tx.$executeRaw(writeMarkets(whole, now));
          await writeTags(tx, whole);
        }
        const moved = changes.filter(hasMoved).map(({ after }) => snapshotOf(after, now));
        if (moved.length > 0) await tx.$executeRaw(writeSnapshots(moved));
      },
      { timeout: 30_000, maxWait: 30_000 },
    );
  }

  /** Whether there is no market at all. */
  async isEmpty(): Promise<boolean> {
    return (await this.prisma.market.findFirst({ select: { id: true } })) === null;
  }

  #indexed(rows: readonly MarketRow[]): Market[] {
    const markets = rows.map(toMarket);
    for (const market of markets) this.index.add(market);
    return markets;
  }
}

/** The keys of a topic: the present one, and that of markets that did not change since keys were only lower-cased. */
function keysOf(label: string): string[] {
  return [...new Set([topicKey(label), label.toLowerCase()])];
}

/** Rows of figure changes of one read: at most 2,000 markets. */
const FIGURE_ROWS = 4;

interface Change {
  readonly kind: string;
  readonly version: bigint;
  readonly numbers: readonly number[];
}

/** The numbers of the first changes, in the order of versions, up to where a list may go on or there are enough. */
function firstChanges(
  changes: readonly Change[],
  limit: number,
): { numbers: number[]; version: bigint; hasMore: boolean } {
  const byKind = Map.groupBy(changes, ({ kind }) => kind);
  const ends = [
    [byKind.get('market') ?? [], limit] as const,
    [byKind.get('figures') ?? [], FIGURE_ROWS] as const,
  ].flatMap(([list, most]) => (list.length === most ? (list.at(-1)?.version ?? []) : []));
  const numbers = new Set<number>();
  let version = 0n;
  for (const change of changes.toSorted((a, b) => (a.version < b.version ? -1 : 1))) {
    if (numbers.size >= limit || ends.some((end) => change.version > end)) {
      return { numbers: [...numbers], version, hasMore: true };
    }
    for (const number of change.numbers) numbers.add(number);
    version = change.version;
  }
  return { numbers: [...numbers], version, hasMore: ends.length > 0 };
}

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

async function readRecords(connection: Connection, ids: readonly string[]): Promise<MarketRecord[]> {
  const rows = await connection.$queryRaw<MarketRecordRow[]>`
    ${selectMarketRecords} where m.id = any(${[...ids]})`;
  return rows.map(toMarketRecord);
}

/** Replaces the tags of markets whose tags changed. */
async function writeTags(connection: Connection, changes: readonly MarketChange[]): Promise<void> {
  const retagged = changes.filter(({ before, after }) => !isDeepStrictEqual(before?.tags ?? [], after.tags));
  if (retagged.length === 0) return;
  const ids = retagged.flatMap(({ before }) => before?.id ?? []);
  if (ids.length > 0) await connection.$executeRaw`delete from market_tags where market_id = any(${ids})`;
  await connection.$executeRaw(insertTags(retagged.map(({ after }) => after)));
}

function hasMoved({ before, after }: MarketChange): boolean {
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
