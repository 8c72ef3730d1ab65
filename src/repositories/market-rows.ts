import { Prisma } from '../generated/prisma/client.js';
import { searchWords } from './market-search.js';
import { topicKey, type Market, type MarketStatus } from './market.js';

/** A row of {@link selectMarkets}. */
export interface MarketRow {
  id: string;
  number: number;
  title: string;
  description: string | null;
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
  editorial_description: string | null;
  editorial_boost: number;
  event_key: string | null;
  source: string | null;
  blocked_countries: string[];
  version: bigint;
}

/** Markets with their tags as one row each; a `where` clause may follow. */
export const selectMarkets = Prisma.sql`
  select m.id, n.number, m.title, m.description, m.category, m.probability, m.volume_24h, m.volume_total,
    m.participant_count, m.image_url, m.url, m.status::text as status, m.open_past_due, m.created_at, m.resolves_at,
    m.editorial_description, m.editorial_boost, m.event_key, m.source, m.blocked_countries, m.version,
    array(select t.label from market_tags t where t.market_id = m.id order by t.position) as tags
  from markets m join market_numbers n on n.market_id = m.id`;

export function toMarket(row: MarketRow): Market {
  return {
    id: row.id,
    number: row.number,
    title: row.title,
    description: row.description,
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
    editorialDescription: row.editorial_description,
    editorialBoost: row.editorial_boost,
    eventKey: row.event_key,
    source: row.source,
    blockedCountries: row.blocked_countries,
  };
}

/** Markets as the JSON that {@link writeMarkets} reads. */
function toJson(markets: readonly Market[]): string {
  return JSON.stringify(
    markets.map((market) => ({
      id: market.id,
      title: market.title,
      description: market.description,
      category: market.category,
      category_key: topicKey(market.category),
      search_words: searchWords(market),
      probability: market.probability,
      volume_24h: market.volume24h,
      volume_total: market.volumeTotal,
      participant_count: market.participantCount,
      image_url: market.imageUrl,
      url: market.url,
      status: market.status,
      open_past_due: market.openPastDue,
      created_at: market.createdAt,
      resolves_at: market.resolvesAt,
      editorial_description: market.editorialDescription,
      editorial_boost: market.editorialBoost,
      event_key: market.eventKey,
      source: market.source,
      blocked_countries: market.blockedCountries,
    })),
  );
}

/** Inserts markets or replaces them whole, and gives each the next version. Tags are apart. */
export function writeMarkets(markets: readonly Market[], now: Date): Prisma.Sql {
  return Prisma.sql`
    insert into markets (id, title, description, category, category_key, search, probability, volume_24h, volume_total,
      participant_count, image_url, url, status, open_past_due, created_at, resolves_at, editorial_description,
      editorial_boost, event_key, source, blocked_countries, version, updated_at)
    select r.id, r.title, r.description, r.category, r.category_key, array_to_tsvector(r.search_words), r.probability, r.volume_24h, r.volume_total,
      r.participant_count, r.image_url, r.url, r.status, r.open_past_due, r.created_at, r.resolves_at, r.editorial_description,
      r.editorial_boost, r.event_key, r.source, r.blocked_countries, nextval('market_version'), ${now}
    from jsonb_to_recordset(${toJson(markets)}::jsonb) as r(id text, title text, description text, category text,
      category_key text, search_words text[], probability float8, volume_24h float8, volume_total float8, participant_count int,
      image_url text, url text, status market_status, open_past_due bool, created_at timestamptz, resolves_at timestamptz,
      editorial_description text, editorial_boost float8, event_key text, source text, blocked_countries text[])
    on conflict (id) do update set
      title = excluded.title, description = excluded.description, category = excluded.category,
      category_key = excluded.category_key, search = excluded.search, probability = excluded.probability,
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
