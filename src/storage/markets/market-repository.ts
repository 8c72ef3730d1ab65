import { isDeepStrictEqual } from 'node:util';
import {
  isTradable,
  MARKET_STATUSES,
  topicKey,
  type Market,
  type MarketOrder,
  type MarketRecord,
  type MarketStatus,
  type MarketTexts,
} from '../../domain/market.js';
import { Prisma, type PrismaClient } from '../../generated/prisma/client.js';
import { lockKeys, type Connection } from '../sql.js';
import type { MarketIndex } from './market-index.js';
import { searchQuery } from './market-search.js';
import {
  changesOnlyAsOf,
  changesOnlyFigures,
  insertTags,
  recordMarketChanges,
  removeOldFigureChanges,
  selectMarketRecords,
  selectMarkets,
  toMarket,
  toMarketRecord,
  writeAsOf,
  writeFigures,
  writeMarkets,
  type MarketChange,
  type MarketRecordRow,
  type MarketRow,
} from './market-sql.js';
import { writeSnapshots, type MarketSnapshot } from './snapshot-repository.js';

/** Conditions of a list of markets; an omitted or null field does not restrict it, and an empty list matches nothing. */
interface MarketFilter {
  /** One of these categories. */
  readonly categories?: readonly string[] | null | undefined;
  /** At least one of these tags. */
  readonly tags?: readonly string[] | null | undefined;
  readonly statuses?: readonly MarketStatus[] | null | undefined;
  readonly eventKey?: string | null | undefined;
  /** ISO 3166-1 alpha-2, upper case; the market is not blocked in it. */
  readonly country?: string | null | undefined;
  /** Its end (`endOf`) is known and earlier. */
  readonly closesBefore?: Date | null | undefined;
  /** Each word must begin a word of the title or description; see `market-search.ts`. */
  readonly text?: string | null | undefined;
}

/** A position in the list of markets: after this market. */
export interface MarketCursor {
  /** The time by which the list is ordered; null if unknown. */
  readonly at: Date | null;
  readonly id: string;
}

/** The stored markets. The reason for SQL is in market-sql.ts, unless a method states another. */
export class MarketRepository {
  /** @param index receives the markets that are read. */
  constructor(
    private readonly prisma: PrismaClient,
    private readonly index: Pick<MarketIndex, 'add'>,
  ) {}

  /** Returns the markets with these ids; unknown ids are left out. */
  async findByIds(ids: readonly string[]): Promise<Market[]> {
    const rows = await this.prisma.$queryRaw<MarketRow[]>`${selectMarkets} where m.id = any(${[...ids]})`;
    return this.#indexed(rows);
  }

  /** Returns those of the ids whose markets are open, or paused until they are open again. */
  async tradableAmong(ids: readonly string[]): Promise<string[]> {
    const rows = await this.prisma.market.findMany({
      where: { id: { in: [...ids] }, status: { in: MARKET_STATUSES.filter(isTradable) } },
      select: { id: true },
    });
    return rows.map(({ id }) => id);
  }

  /** Returns the markets with these ids, including their long texts; unknown ids are left out. */
  async findRecords(ids: readonly string[]): Promise<MarketRecord[]> {
    return readRecords(this.prisma, ids);
  }

  /** Returns the long texts of the markets with these ids; unknown ids are left out. */
  async texts(ids: readonly string[]): Promise<(MarketTexts & { readonly id: string })[]> {
    return this.prisma.market.findMany({
      where: { id: { in: [...ids] } },
      select: { id: true, description: true, editorialDescription: true },
    });
  }

  /** Returns the version of the newest change; 0 if there is none. SQL: one statement over two tables. */
  async newestVersion(): Promise<bigint> {
    const [row] = await this.prisma.$queryRaw<{ version: bigint | null }[]>`
      select greatest((select max(version) from markets), (select max(version) from market_figure_changes)) as version`;
    return row?.version ?? 0n;
  }

  /** Returns open markets with ids after this one, in the collation order of the database. */
  async open(after: string, limit: number): Promise<Market[]> {
    const rows = await this.prisma.$queryRaw<MarketRow[]>`
      ${selectMarkets} where m.status = 'OPEN' and m.id > ${after} order by m.id limit ${limit}`;
    return this.#indexed(rows);
  }

  /**
   * Returns the current state of the first markets that changed after `version`, of any status; about `limit` at most.
   *
   * @returns the markets, the version up to which they include all changes, and whether there are more. Null if changes
   *   after `version` may no longer be recorded, because an hour or more has passed.
   */
  async changedSince(
    version: bigint,
    limit: number,
  ): Promise<{ markets: Market[]; version: bigint; hasMore: boolean } | null> {
    // SQL: one statement, so that both lists are of one snapshot: a transaction is in both or in neither.
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

  /** Returns the texts and events of markets that are not open, last changed first, with versions below `before`. */
  async recentlyClosed(
    limit: number,
    before: bigint | null,
  ): Promise<
    (Pick<Market, 'id' | 'title' | 'category' | 'tags' | 'eventKey' | 'source' | 'createdAt'> & {
      version: bigint;
    })[]
  > {
    const markets = await this.prisma.market.findMany({
      where: { status: { not: 'OPEN' }, ...(before === null ? {} : { version: { lt: before } }) },
      orderBy: { version: 'desc' },
      take: limit,
      select: {
        ...{
          id: true,
          title: true,
          category: true,
          eventKey: true,
          source: true,
          createdAt: true,
          version: true,
        },
        tags: { select: { label: true }, orderBy: { position: 'asc' } },
      },
    });
    return markets.map((market) => ({ ...market, tags: market.tags.map(({ label }) => label) }));
  }

  /** Returns one page of markets, and whether more follow. SQL also for text search and row comparison. */
  async page(
    filter: MarketFilter,
    order: MarketOrder,
    first: number,
    after: MarketCursor | undefined,
  ): Promise<{ markets: Market[]; hasMore: boolean }> {
    const query = filter.text == null ? undefined : searchQuery(filter.text);
    if (filter.text != null && query === undefined) return { markets: [], hasMore: false };
    const { categories, tags, statuses, eventKey, country, closesBefore } = filter;
    const time = order.field === 'CREATED_AT' ? Prisma.sql`m.created_at` : END;
    const [direction, beyond] =
      order.direction === 'DESC' ? [Prisma.sql`desc`, Prisma.sql`<`] : [Prisma.sql`asc`, Prisma.sql`>`];
    const conditions = [
      categories == null ? null : Prisma.sql`m.category_key = any(${keysOf(categories)})`,
      statuses == null ? null : Prisma.sql`m.status = any(${[...statuses]}::market_status[])`,
      tags == null
        ? null
        : Prisma.sql`exists (select from market_tags t where t.market_id = m.id and t.key = any(${keysOf(tags)}))`,
      eventKey == null ? null : Prisma.sql`m.event_key = ${eventKey}`,
      country == null ? null : Prisma.sql`not m.blocked_countries @> array[${country}]`,
      closesBefore == null ? null : Prisma.sql`${END} < ${closesBefore}`,
      query === undefined ? null : Prisma.sql`m.search @@ ${query}::tsquery`,
      after === undefined
        ? null
        : Prisma.sql`(${time}, m.id) ${beyond} (${after.at ?? 'infinity'}::timestamptz, ${after.id})`,
    ].filter((condition) => condition !== null);
    const where =
      conditions.length === 0 ? Prisma.sql`` : Prisma.sql`where ${Prisma.join(conditions, ' and ')}`;
    const rows = await this.prisma.$queryRaw<MarketRow[]>`
      ${selectMarkets} ${where} order by ${time} ${direction}, m.id ${direction} limit ${first + 1}`;
    return { markets: rows.slice(0, first).map(toMarket), hasMore: rows.length > first };
  }

  /**
   * Reads markets, lets `decide` change them, and writes the result, in one transaction that excludes other writers of
   * markets. A market whose probability, 24 h volume, or participants changed gets a snapshot row.
   *
   * @param decide returns the markets to write, each whole, from the stored markets by id.
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
        const { figures = [], whole = [] } = Object.groupBy(changes, kindOf);
        if (figures.length > 0) {
          await tx.$executeRaw(writeFigures(figures, now));
          const numbers = figures.map(({ after }) => after.number);
          await tx.$executeRaw(recordMarketChanges(numbers, now));
          await tx.$executeRaw(removeOldFigureChanges(now));
        }
        if (whole.length > 0) {
          await tx.$executeRaw(writeMarkets(whole, now));
          await writeTags(tx, whole);
        }
        const redated = changes.filter(({ before, after }) => hasNewAsOf(before, after));
        if (redated.length > 0) await tx.$executeRaw(writeAsOf(redated));
        const moved = changes.filter(hasMoved).map(({ after }) => snapshotOf(after, now));
        if (moved.length > 0) await tx.$executeRaw(writeSnapshots(moved));
      },
      { timeout: 30_000, maxWait: 30_000 },
    );
  }

  /** Returns whether no market is stored. */
  async isEmpty(): Promise<boolean> {
    return (await this.prisma.market.findFirst({ select: { id: true } })) === null;
  }

  #indexed(rows: readonly MarketRow[]): Market[] {
    const markets = rows.map(toMarket);
    for (const market of markets) this.index.add(market);
    return markets;
  }
}

/** The end of a market as the expression of the index `markets_end_idx`; later than every time if unknown. */
const END = Prisma.sql`coalesce(m.closes_at, m.resolves_at, 'infinity'::timestamptz)`;

/** Returns the keys of topics: the current ones, and the lower-cased ones of markets unchanged since earlier versions. */
function keysOf(labels: readonly string[]): string[] {
  return [...new Set(labels.flatMap((label) => [topicKey(label), label.toLowerCase()]))];
}

/** Rows of figure changes per read: at most 2,000 markets. */
const FIGURE_ROWS = 4;

interface Change {
  readonly kind: string;
  readonly version: bigint;
  readonly numbers: readonly number[];
}

/**
 * Returns the market numbers of the first changes, in the order of versions. It stops at `limit` markets, and where a list
 * of changes that was cut off ends.
 */
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
  if (ids.length > 0) await connection.marketTag.deleteMany({ where: { marketId: { in: ids } } });
  await connection.$executeRaw(insertTags(retagged.map(({ after }) => after)));
}

/** Which tables a change is written to. `asOf` alone is no new version of the market. */
function kindOf(change: MarketChange): 'asOf' | 'figures' | 'whole' {
  if (changesOnlyAsOf(change)) return 'asOf';
  return changesOnlyFigures(change) ? 'figures' : 'whole';
}

/** Returns whether the two states of a market differ in `asOf`. */
export function hasNewAsOf(before: MarketRecord | undefined, after: MarketRecord): boolean {
  return (before?.asOf?.getTime() ?? null) !== (after.asOf?.getTime() ?? null);
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
