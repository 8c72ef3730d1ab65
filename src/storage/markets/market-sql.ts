import { isDeepStrictEqual } from 'node:util';
import { topicKey, type Market, type MarketRecord, type MarketStatus } from '../../domain/market.js';
import { Prisma } from '../../generated/prisma/client.js';
import { searchWords } from './market-search.js';

// The statements of `MarketRepository`. They are SQL, because a market is one row of three tables that Prisma's schema does
// not relate, with its tags as an array, and because batches are written from one JSON parameter: `createMany` of 500 rows
// takes 21 ms, this 2 ms.

/** A row of {@link selectMarkets}. */
export interface MarketRow {
  id: string;
  number: number;
  title: string;
  category: string;
  tags: string[];
  probability: number | null;
  volume_24h: number | null;
  volume_total: number | null;
  participant_count: number | null;
  volume_unit: string | null;
  image_url: string | null;
  url: string | null;
  status: MarketStatus;
  open_past_due: boolean;
  created_at: Date;
  updated_at: Date;
  closes_at: Date | null;
  resolves_at: Date | null;
  resolved_at: Date | null;
  editorial_boost: number;
  event_key: string | null;
  source: string | null;
  blocked_countries: string[];
  version: bigint;
}

/** A row of {@link selectMarketRecords}. */
export interface MarketRecordRow extends MarketRow {
  description: string | null;
  editorial_description: string | null;
  as_of: Date | null;
}

const columns = Prisma.sql`m.id, n.number, m.title, m.category, f.probability, f.volume_24h, f.volume_total,
    f.participant_count, m.volume_unit, m.image_url, m.url, m.status::text as status, m.open_past_due, m.created_at,
    greatest(m.updated_at, f.updated_at) as updated_at, m.closes_at, m.resolves_at, m.resolved_at, m.editorial_boost, m.event_key, m.source, m.blocked_countries, m.version,
    array(select t.label from market_tags t where t.market_id = m.id order by t.position) as tags`;
const tables = Prisma.sql`markets m join market_numbers n on n.market_id = m.id
  join market_figures f on f.market_number = n.number`;

/** Selects markets with their tags and figures as one row each; a `where` clause may follow. */
export const selectMarkets = Prisma.sql`select ${columns} from ${tables}`;

/** Selects the same with the long texts. */
export const selectMarketRecords = Prisma.sql`
  select ${columns}, m.description, m.editorial_description, f.as_of from ${tables}`;

export function toMarket(row: MarketRow): Market {
  return {
    id: row.id,
    number: row.number,
    title: row.title,
    category: row.category,
    tags: row.tags,
    probability: row.probability,
    volume24h: row.volume_24h,
    volumeTotal: row.volume_total,
    participantCount: row.participant_count,
    volumeUnit: row.volume_unit,
    imageUrl: row.image_url,
    url: row.url,
    status: row.status,
    openPastDue: row.open_past_due,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    closesAt: row.closes_at,
    resolvesAt: row.resolves_at,
    resolvedAt: row.resolved_at,
    editorialBoost: row.editorial_boost,
    eventKey: row.event_key,
    source: row.source,
    blockedCountries: row.blocked_countries,
  };
}

export function toMarketRecord(row: MarketRecordRow): MarketRecord {
  return {
    ...toMarket(row),
    description: row.description,
    editorialDescription: row.editorial_description,
    asOf: row.as_of,
  };
}

/** A market to write, and its stored state; undefined for a new market. */
export interface MarketChange {
  readonly before: MarketRecord | undefined;
  readonly after: MarketRecord;
}

/** Returns markets as the JSON that {@link writeMarkets} reads. */
function toJson(changes: readonly MarketChange[]): string {
  return JSON.stringify(
    changes.map(({ before, after }) => ({
      id: after.id,
      title: after.title,
      description: after.description,
      category: after.category,
      category_key: topicKey(after.category),
      search_words: hasSameSearch(before, after) ? null : searchWords(after),
      probability: after.probability,
      volume_24h: after.volume24h,
      volume_total: after.volumeTotal,
      participant_count: after.participantCount,
      volume_unit: after.volumeUnit,
      image_url: after.imageUrl,
      url: after.url,
      status: after.status,
      open_past_due: after.openPastDue,
      created_at: after.createdAt,
      closes_at: after.closesAt,
      resolves_at: after.resolvesAt,
      resolved_at: after.resolvedAt,
      editorial_description: after.editorialDescription,
      editorial_boost: after.editorialBoost,
      event_key: after.eventKey,
      source: after.source,
      blocked_countries: after.blockedCountries,
    })),
  );
}

function hasSameSearch(before: MarketRecord | undefined, after: MarketRecord): boolean {
  return before?.title === after.title && before.description === after.description;
}

/**
 * Inserts or replaces whole markets, and gives each the next version. The search words of unchanged texts are kept. A
 * trigger copies the figures to `market_figures`. Tags are written by {@link insertTags}.
 */
export function writeMarkets(changes: readonly MarketChange[], now: Date): Prisma.Sql {
  return Prisma.sql`
    insert into markets as m (id, title, description, category, category_key, search, probability, volume_24h, volume_total,
      participant_count, volume_unit, image_url, url, status, open_past_due, created_at, closes_at, resolves_at, resolved_at,
      editorial_description, editorial_boost, event_key, source, blocked_countries, version, updated_at)
    select r.id, r.title, r.description, r.category, r.category_key, array_to_tsvector(r.search_words), r.probability, r.volume_24h, r.volume_total,
      r.participant_count, r.volume_unit, r.image_url, r.url, r.status, r.open_past_due, r.created_at, r.closes_at, r.resolves_at, r.resolved_at,
      r.editorial_description, r.editorial_boost, r.event_key, r.source, r.blocked_countries, nextval('market_version'), ${now}
    from jsonb_to_recordset(${toJson(changes)}::jsonb) as r(id text, title text, description text, category text,
      category_key text, search_words text[], probability float8, volume_24h float8, volume_total float8, participant_count int,
      volume_unit text, image_url text, url text, status market_status, open_past_due bool, created_at timestamptz,
      closes_at timestamptz, resolves_at timestamptz, resolved_at timestamptz, editorial_description text,
      editorial_boost float8, event_key text, source text, blocked_countries text[])
    on conflict (id) do update set
      title = excluded.title, description = excluded.description, category = excluded.category,
      category_key = excluded.category_key, search = coalesce(excluded.search, m.search), probability = excluded.probability,
      volume_24h = excluded.volume_24h, volume_total = excluded.volume_total,
      participant_count = excluded.participant_count, volume_unit = excluded.volume_unit, image_url = excluded.image_url,
      url = excluded.url, status = excluded.status, open_past_due = excluded.open_past_due, created_at = excluded.created_at,
      closes_at = excluded.closes_at, resolves_at = excluded.resolves_at, resolved_at = excluded.resolved_at,
      editorial_description = excluded.editorial_description, editorial_boost = excluded.editorial_boost,
      event_key = excluded.event_key, source = excluded.source, blocked_countries = excluded.blocked_countries,
      version = excluded.version, updated_at = excluded.updated_at`;
}

/** Inserts the tags of markets whose stored tags were deleted. */
export function insertTags(markets: readonly Market[]): Prisma.Sql {
  const rows = markets.flatMap((market) =>
    market.tags.map((label, position) => ({ market_id: market.id, key: topicKey(label), label, position })),
  );
  return Prisma.sql`
    insert into market_tags (market_id, key, label, position)
    select r.market_id, r.key, r.label, r.position
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r(market_id text, key text, label text, position smallint)`;
}

/** Maximum number of markets in one row of `market_figure_changes`: about 2 KB. */
const NUMBERS_PER_ROW = 500;

/** A replica that misses changes for longer than this has to read every market again. */
const FIGURE_CHANGES_KEPT_MS = 3_600_000;

/** Fields stored in `market_figures`. */
const FIGURE_COLUMNS = [
  'probability',
  'volume24h',
  'volumeTotal',
  'participantCount',
  'asOf',
  'updatedAt',
] as const;

/** Returns whether only fields of `market_figures` changed: the figures, `asOf`, and `updatedAt`. */
export function changesOnlyFigures({ before, after }: MarketChange): boolean {
  return before !== undefined && isDeepStrictEqual(withoutFigures(before), withoutFigures(after));
}

/** Returns whether nothing of a stored market changed except `asOf`, which no reader of markets sees. */
export function changesOnlyAsOf({ before, after }: MarketChange): boolean {
  return before !== undefined && isDeepStrictEqual({ ...before, asOf: null }, { ...after, asOf: null });
}

function withoutFigures(market: MarketRecord): unknown {
  return { ...market, ...Object.fromEntries(FIGURE_COLUMNS.map((name) => [name, null])) };
}

/** Updates the figures of markets in place. No index contains them, so PostgreSQL writes only the row. */
export function writeFigures(changes: readonly MarketChange[], now: Date): Prisma.Sql {
  const rows = changes.map(({ after }) => ({
    number: after.number,
    probability: after.probability,
    volume_24h: after.volume24h,
    volume_total: after.volumeTotal,
    participant_count: after.participantCount,
  }));
  return Prisma.sql`
    update market_figures f set probability = r.probability, volume_24h = r.volume_24h,
      volume_total = r.volume_total, participant_count = r.participant_count, updated_at = ${now}
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(number int, probability float8, volume_24h float8,
      volume_total float8, participant_count int)
    where f.market_number = r.number`;
}

/** Stores the `asOf` of markets that are already written. Found by id, because a new market has no number yet. */
export function writeAsOf(changes: readonly MarketChange[]): Prisma.Sql {
  const rows = changes.map(({ after }) => ({ id: after.id, as_of: after.asOf }));
  return Prisma.sql`
    update market_figures f set as_of = r.as_of
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(id text, as_of timestamptz)
    join market_numbers n on n.market_id = r.id
    where f.market_number = n.number`;
}

/** Records which markets have new figures or text vectors, by their numbers. Each row gets the next version. */
export function recordMarketChanges(numbers: readonly number[], now: Date): Prisma.Sql {
  const rows: { numbers: readonly number[] }[] = [];
  for (let from = 0; from < numbers.length; from += NUMBERS_PER_ROW) {
    rows.push({ numbers: numbers.slice(from, from + NUMBERS_PER_ROW) });
  }
  return Prisma.sql`
    insert into market_figure_changes (version, changed_at, market_numbers)
    select nextval('market_version'), ${now}, r.numbers
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(numbers int[])`;
}

/**
 * Removes records of figure changes that are older than an hour, at most 100. Keeps the newest of them: a replica that knows
 * no version as new as the oldest record may have missed changes.
 */
export function removeOldFigureChanges(now: Date): Prisma.Sql {
  const before = new Date(now.getTime() - FIGURE_CHANGES_KEPT_MS);
  return Prisma.sql`
    delete from market_figure_changes where version = any(array(
      select version from market_figure_changes where changed_at < ${before} and version < (
        select max(version) from market_figure_changes where changed_at < ${before})
      order by version limit 100))`;
}
