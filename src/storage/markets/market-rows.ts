import { Prisma } from '../../generated/prisma/client.js';
import { searchWords } from './market-search.js';
import { topicKey, type Market, type MarketRecord, type MarketStatus } from '../../domain/market.js';

/** A row of {@link selectMarkets}. */
export interface MarketRow {
  id: string;
  number: number;
  title: string;
  category: string;
  tags: string[];
  probability: number | null;
  volume_24h: number;
  volume_total: number;
  participant_count: number;
  image_url: string | null;
  url: string | null;
  status: MarketStatus;
  open_past_due: boolean;
  created_at: Date;
  resolves_at: Date | null;
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
}

const columns = Prisma.sql`m.id, n.number, m.title, m.category, f.probability, f.volume_24h, f.volume_total,
    f.participant_count, m.image_url, m.url, m.status::text as status, m.open_past_due, m.created_at, m.resolves_at,
    m.editorial_boost, m.event_key, m.source, m.blocked_countries, m.version,
    array(select t.label from market_tags t where t.market_id = m.id order by t.position) as tags`;
const tables = Prisma.sql`markets m join market_numbers n on n.market_id = m.id
  join market_figures f on f.market_number = n.number`;

/** Markets with their tags and figures as one row each; a `where` clause may follow. */
export const selectMarkets = Prisma.sql`select ${columns} from ${tables}`;

/** The same with the long texts. */
export const selectMarketRecords = Prisma.sql`
  select ${columns}, m.description, m.editorial_description from ${tables}`;

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
    imageUrl: row.image_url,
    url: row.url,
    status: row.status,
    openPastDue: row.open_past_due,
    createdAt: row.created_at,
    resolvesAt: row.resolves_at,
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
  };
}

/** A market to write, and how it is stored; undefined for a new one. */
export interface MarketChange {
  readonly before: MarketRecord | undefined;
  readonly after: MarketRecord;
}

/** Markets as the JSON that {@link writeMarkets} reads. */
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
      image_url: after.imageUrl,
      url: after.url,
      status: after.status,
      open_past_due: after.openPastDue,
      created_at: after.createdAt,
      resolves_at: after.resolvesAt,
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
 * Inserts markets or replaces them whole, but for the search words of texts that did not change, and gives each the next
 * version. A trigger copies the figures to `market_figures`. Tags are apart.
 */
export function writeMarkets(changes: readonly MarketChange[], now: Date): Prisma.Sql {
  return Prisma.sql`
    insert into markets as m (id, title, description, category, category_key, search, probability, volume_24h, volume_total,
      participant_count, image_url, url, status, open_past_due, created_at, resolves_at, editorial_description,
      editorial_boost, event_key, source, blocked_countries, version, updated_at)
    select r.id, r.title, r.description, r.category, r.category_key, array_to_tsvector(r.search_words), r.probability, r.volume_24h, r.volume_total,
      r.participant_count, r.image_url, r.url, r.status, r.open_past_due, r.created_at, r.resolves_at, r.editorial_description,
      r.editorial_boost, r.event_key, r.source, r.blocked_countries, nextval('market_version'), ${now}
    from jsonb_to_recordset(${toJson(changes)}::jsonb) as r(id text, title text, description text, category text,
      category_key text, search_words text[], probability float8, volume_24h float8, volume_total float8, participant_count int,
      image_url text, url text, status market_status, open_past_due bool, created_at timestamptz, resolves_at timestamptz,
      editorial_description text, editorial_boost float8, event_key text, source text, blocked_countries text[])
    on conflict (id) do update set
      title = excluded.title, description = excluded.description, category = excluded.category,
      category_key = excluded.category_key, search = coalesce(excluded.search, m.search), probability = excluded.probability,
      volume_24h = excluded.volume_24h, volume_total = excluded.volume_total,
      participant_count = excluded.participant_count, image_url = excluded.image_url, url = excluded.url,
      status = excluded.status, open_past_due = excluded.open_past_due, created_at = excluded.created_at, resolves_at = excluded.resolves_at,
      editorial_description = excluded.editorial_description, editorial_boost = excluded.editorial_boost,
      event_key = excluded.event_key, source = excluded.source, blocked_countries = excluded.blocked_countries,
      version = excluded.version, updated_at = excluded.updated_at`;
}

/** The tags of markets as rows, for markets that have none left of before. */
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
