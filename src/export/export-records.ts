import type { MarketRecord } from '../domain/market.js';
import type { ServedFeed } from '../feed/served/served-feed.js';
import type { ExportedEvent, ExportRepository, Period } from '../storage/export-repository.js';
import type { StoredFeed } from '../storage/served-feed-repository.js';

/** What an export contains, each in a file of its own. */
export const EXPORT_KINDS = ['markets', 'interactions', 'impressions', 'slates', 'snapshots'] as const;

export type ExportKind = (typeof EXPORT_KINDS)[number];

/** Type of a column: a list of texts, an object as JSON, or a plain value. Every value may be null. */
export type ColumnType = 'text' | 'number' | 'integer' | 'boolean' | 'instant' | 'texts' | 'json';

export type ExportColumns = Readonly<Record<string, ColumnType>>;

/** Values by column. Instants are ISO 8601 in UTC. */
export type ExportRecord = Readonly<Record<string, unknown>>;

const ATTRIBUTION = {
  ...{ servedFeedId: 'text', servedRank: 'integer', servedSlot: 'text', propensity: 'number' },
  ...{ algorithmVersion: 'text', configVersion: 'text', modelVersion: 'text', arms: 'json' },
} as const satisfies ExportColumns;

const EVENT = {
  ...{ type: 'text', userKey: 'text', marketId: 'text', eventType: 'text', occurredAt: 'instant' },
  ...{ receivedAt: 'instant', weight: 'number', dwellMs: 'integer', section: 'text', position: 'integer' },
  ...{ country: 'text', sessionId: 'text', feedId: 'text', stake: 'number', context: 'json' },
  ...{ clientEventId: 'text', probability: 'number', ...ATTRIBUTION },
} as const satisfies ExportColumns;

/** The columns of each kind. Those of markets and events have the names of the import format. */
export const EXPORT_COLUMNS: Readonly<Record<ExportKind, ExportColumns>> = {
  markets: {
    ...{ type: 'text', id: 'text', title: 'text', description: 'text', category: 'text', tags: 'texts' },
    ...{ probability: 'number', volume24h: 'number', volumeTotal: 'number', participantCount: 'integer' },
    ...{ volumeUnit: 'text', imageUrl: 'text', url: 'text', status: 'text', createdAt: 'instant' },
    ...{ closesAt: 'instant', resolvesAt: 'instant', resolvedAt: 'instant', asOf: 'instant' },
    ...{ editorialDescription: 'text', editorialBoost: 'number', eventKey: 'text', source: 'text' },
    blockedCountries: 'texts',
  },
  interactions: EVENT,
  impressions: EVENT,
  slates: {
    ...{ type: 'text', feedId: 'text', userKey: 'text', servedAt: 'instant', country: 'text' },
    ...{ algorithmVersion: 'text', configVersion: 'text', modelVersion: 'text', arms: 'json' },
    personalized: 'boolean',
    ...{ rank: 'integer', marketId: 'text', slot: 'text', score: 'number', propensity: 'number' },
  },
  snapshots: {
    ...{ type: 'text', marketId: 'text', at: 'instant', probability: 'number', volume24h: 'number' },
    participantCount: 'integer',
  },
};

export interface ExportSource {
  readonly repository: ExportRepository;
  /** Returns feeds with the ids of their markets. */
  readonly unpackFeeds: (stored: readonly StoredFeed[]) => Promise<ServedFeed[]>;
  /** Maps a user key to the one that is exported. */
  readonly userIdOf: (userKey: string) => string;
}

const MARKETS_PER_PAGE = 500;
const ROWS_PER_PAGE = 2_000;
const FEEDS_PER_PAGE = 200;

/** Yields the records of a kind, page by page. Of markets, the period does not matter. */
export async function* exportRecords(
  kind: ExportKind,
  period: Period,
  source: ExportSource,
): AsyncGenerator<ExportRecord[]> {
  switch (kind) {
    case 'markets':
      yield* marketPages(source);
      break;
    case 'interactions':
    case 'impressions':
      yield* eventPages(source, period, kind === 'impressions');
      break;
    case 'snapshots':
      yield* snapshotPages(source, period);
      break;
    case 'slates':
      yield* slatePages(source, period);
  }
}

async function* marketPages({ repository }: ExportSource): AsyncGenerator<ExportRecord[]> {
  for (let after = ''; ;) {
    const page = await repository.markets(after, MARKETS_PER_PAGE);
    yield page.map(marketRecord);
    if (page.length < MARKETS_PER_PAGE) return;
    after = page.at(-1)?.id ?? after;
  }
}

async function* eventPages(
  { repository, userIdOf }: ExportSource,
  period: Period,
  impressions: boolean,
): AsyncGenerator<ExportRecord[]> {
  for (let after = 0n; ;) {
    const page = await repository.events(after, period, { impressions, limit: ROWS_PER_PAGE });
    // Keys that begin with a control character belong to no user (src/tracking/admit-events.ts).
    yield page.filter(({ userKey }) => userKey > '\u001f').map((event) => eventRecord(event, userIdOf));
    if (page.length < ROWS_PER_PAGE) return;
    after = page.at(-1)?.seq ?? after;
  }
}

async function* snapshotPages({ repository }: ExportSource, period: Period): AsyncGenerator<ExportRecord[]> {
  for (let after = { marketId: '', at: new Date(0) }; ;) {
    const page = await repository.snapshots(after, period, ROWS_PER_PAGE);
    yield page.map(({ marketId, at, probability, volume24h, participantCount }) => ({
      ...{ type: 'price', marketId, at: at.toISOString(), probability, volume24h, participantCount },
    }));
    if (page.length < ROWS_PER_PAGE) return;
    after = page.at(-1) ?? after;
  }
}

async function* slatePages(
  { repository, unpackFeeds, userIdOf }: ExportSource,
  period: Period,
): AsyncGenerator<ExportRecord[]> {
  for (let after = { servedAt: new Date(0), feedId: '00000000-0000-0000-0000-000000000000' }; ;) {
    const page = await repository.feeds(after, period, FEEDS_PER_PAGE);
    yield (await unpackFeeds(page)).flatMap((feed) => slateRecords(feed, userIdOf));
    if (page.length < FEEDS_PER_PAGE) return;
    after = page.at(-1) ?? after;
  }
}

function marketRecord(market: MarketRecord): ExportRecord {
  const { createdAt, closesAt, resolvesAt, resolvedAt, asOf } = market;
  const { number, openPastDue, updatedAt, ...fields } = market;
  return {
    ...{ type: 'market', ...fields },
    createdAt: createdAt.toISOString(),
    closesAt: closesAt?.toISOString() ?? null,
    resolvesAt: resolvesAt?.toISOString() ?? null,
    resolvedAt: resolvedAt?.toISOString() ?? null,
    asOf: asOf?.toISOString() ?? null,
  };
}

function eventRecord(event: ExportedEvent, userIdOf: (userKey: string) => string): ExportRecord {
  const { id, userKey, marketId, eventType, occurredAt, receivedAt, weight, serving } = event;
  const { dwellMs, section, position, country, sessionId, feedId, stake, context, probability } = event;
  const { servedFeedId, servedRank, servedSlot, propensity } = event;
  return {
    ...{ type: 'interaction', userKey: userIdOf(userKey), marketId, eventType },
    ...{ occurredAt: occurredAt.toISOString(), receivedAt: receivedAt.toISOString(), weight },
    ...{ dwellMs, section, position, country, sessionId, feedId, stake, context },
    // So that an import of the same file changes nothing.
    clientEventId: event.clientEventId ?? id,
    ...{ probability, servedFeedId, servedRank, servedSlot, propensity },
    algorithmVersion: serving?.algorithmVersion ?? null,
    configVersion: serving?.configVersion ?? null,
    modelVersion: serving?.modelVersion ?? null,
    arms: serving?.arms ?? null,
  };
}

function slateRecords(feed: ServedFeed, userIdOf: (userKey: string) => string): ExportRecord[] {
  const { feedId, userKey, nowMs, country, algorithmVersion, configVersion, modelVersion, arms } = feed;
  return feed.page.map(({ marketId, slot, score, propensity }, index) => ({
    ...{ type: 'slate', feedId, userKey: userKey === null ? null : userIdOf(userKey) },
    ...{ servedAt: new Date(nowMs).toISOString(), country, algorithmVersion, configVersion, modelVersion },
    ...{ arms, personalized: feed.personalized, rank: index + 1, marketId, slot, score, propensity },
  }));
}
