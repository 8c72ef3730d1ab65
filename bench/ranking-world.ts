/** What the benchmarks of rankings are made from: markets, trends, and users. */
import type { CatalogSnapshot } from '../dist/catalog/catalog-snapshot.js';
import type { Market } from '../dist/domain/market.js';
import { loadRankingConfig } from '../dist/config/ranking-config.js';
import { emptyProfile, type ProfileState } from '../dist/domain/profile.js';
import { HOUR_MS, MINUTE_MS } from '../dist/lib/time.js';
import { loadSampleCatalog } from '../dist/sample/sample-catalog.js';
import { type EventType } from '../dist/domain/event.js';
import { eventWeight } from '../dist/scoring/shared/event-weight.js';
import { NO_TRENDS } from '../dist/trends/trend-columns.js';
import { TrendState } from '../dist/trends/trend-state.js';
import { applyEvents } from '../dist/domain/apply-events.js';
import { decayConfig } from '../dist/profiles/profile-decay.js';

export const NOW_MS = Date.UTC(2026, 5, 15, 12);
const config = loadRankingConfig(undefined);

export interface Habits {
  readonly engagements: number;
  readonly shown: number;
  /** One in so many categories is followed. */
  readonly followedOf: number;
}

/** A user of some weeks: about 60 topics, and a few engagements and impressions a day. */
export const WARM: Habits = { engagements: 200, shown: 100, followedOf: 6 };
/** As many engagements as a profile holds. */
export const FULL: Habits = { engagements: 200, shown: 200, followedOf: 3 };

/** The sample's markets, and variations of them in which names and numbers are others. */
export function marketsLikeTheSample(count: number): Market[] {
  const sample = loadSampleCatalog(NOW_MS);
  return Array.from({ length: count }, (_, index) => {
    const like = sample[index % sample.length];
    if (like === undefined) throw new Error('The sample is empty.');
    const variation = Math.floor(index / sample.length);
    const title =
      variation === 0
        ? like.title
        : like.title
            .replace(/(?<= )\p{Lu}\p{L}+/gu, (name) => invented(name.length * 31 + index * 7_919))
            .replace(/\d+/g, (digits) => String(Number(digits) + variation));
    return {
      id: `${like.id}-${variation}`,
      number: index + 1,
      title,
      description: null,
      category: like.category,
      tags: like.tags,
      probability: like.probability,
      volume24h: like.volume24h,
      volumeTotal: like.volumeTotal + variation,
      participantCount: like.participantCount,
      imageUrl: like.imageUrl ?? null,
      url: null,
      status: 'OPEN',
      openPastDue: false,
      createdAt: new Date(NOW_MS - ((index * 13) % 1_500) * HOUR_MS),
      updatedAt: new Date(NOW_MS),
      ...{ volumeUnit: null, closesAt: null, resolvedAt: null },
      resolvesAt: new Date(NOW_MS + (1 + ((index * 17) % 3_000)) * HOUR_MS),
      editorialDescription: null,
      editorialBoost: index % 40 === 0 ? 0.5 : 0,
      eventKey: like.eventKey == null ? null : `${like.eventKey}-${variation}`,
      source: null,
      blockedCountries: [],
    };
  });
}

/** One of a few thousand names. */
function invented(number: number): string {
  const syllables = [
    'ka',
    'ren',
    'dol',
    'mi',
    'tas',
    'ver',
    'lo',
    'bir',
    'sen',
    'gu',
    'pal',
    'hom',
    'ny',
    'zer',
    'qua',
  ];
  const pick = (by: number): string => syllables[Math.floor(number / by) % syllables.length] ?? '';
  return `N${pick(1)}${pick(15)}${pick(225)}`;
}

/** Trends of everyone and of a country, odds of a day ago, and how much every market was shown. */
export function syntheticTrends(ids: readonly string[]): TrendState {
  const every = (stride: number): Map<string, number> =>
    new Map(ids.flatMap((id, row) => (row % stride === 0 ? [[id, (row % 89) / 89] as const] : [])));
  return new TrendState(
    {
      ...NO_TRENDS,
      scopes: new Map([
        ['global', every(3)],
        ['local:IL', every(10)],
      ]),
      probabilities24hAgo: every(7),
      exposure: new Map(
        ids.map((id, row) => [
          id,
          { marketId: id, impressions: row % 997, clicks: row % 41, popularity: row % 53 },
        ]),
      ),
    },
    NOW_MS,
  );
}

/** A user who was active a moment ago. */
export function profileOf(
  { engagements, shown, followedOf }: Habits,
  { entries, columns }: CatalogSnapshot,
): ProfileState {
  const decay = decayConfig(config);
  const followed = entries.filter((_, row) => (columns.category[row] ?? 0) % followedOf === 0);
  const spread = (length: number, stride: number): Market[] =>
    Array.from({ length }, (_, index) => {
      const entry = followed[(index * stride) % followed.length];
      if (entry === undefined) throw new Error('Nothing is followed.');
      return entry.market;
    });
  const event = (eventType: EventType, market: Market, agoMs: number) => ({
    ...{ eventType, occurredAtMs: NOW_MS - agoMs, country: 'IL', stake: null },
    market: { ...market, volume24h: market.volume24h ?? 0 },
    ...{ dwellMs: 20_000, weight: eventWeight(eventType, 20_000, config.events) },
  });
  const kinds: readonly EventType[] = ['CLICK', 'CLICK', 'PARTICIPATE', 'BOOKMARK', 'CLICK', 'DWELL_30'];
  const engaged = spread(engagements, 37).map((market, index) =>
    event(kinds[index % kinds.length] ?? 'CLICK', market, index < 5 ? index * MINUTE_MS : index * HOUR_MS),
  );
  const impressions = spread(shown, 43).flatMap((market, index) =>
    Array.from({ length: 1 + (index % 4) }, (_, time) =>
      event('IMPRESSION', market, (index + 3 * time) * HOUR_MS),
    ),
  );
  const events = [...engaged, ...impressions].sort((a, b) => a.occurredAtMs - b.occurredAtMs);
  return applyEvents(emptyProfile('bench'), events, decay);
}
