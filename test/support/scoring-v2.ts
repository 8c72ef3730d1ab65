import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { toEntry } from '../../src/catalog/catalog-snapshot.js';
import { buildColumns } from '../../src/catalog/columns/build-columns.js';
import type { Market } from '../../src/domain/market.js';
import { DAY_MS, MINUTE_MS } from '../../src/lib/time.js';
import type { V2Constants } from '../../src/scoring/v2/components.js';
import type { ImpressionConstants } from '../../src/scoring/v2/constants.js';
import type {
  KnownMarket,
  MarketColumns,
  MarketEngagement,
  MarketImpressions,
  TrendColumns,
  UserFeatures,
} from '../../src/scoring/v2/features.js';
import type { ScoreParts } from '../../src/scoring/score-parts.js';
import type { ScoresV2 } from '../../src/scoring/v2/scorer.js';
import { storedMarket } from './stored-market.js';

export const NOW_MS = Date.UTC(2026, 5, 15, 12);

const defaults = parse(readFileSync(new URL('../../src/config/default.yaml', import.meta.url), 'utf8')) as {
  v2: V2Constants;
  impressions: ImpressionConstants;
};

export const CONSTANTS: V2Constants = defaults.v2;
export const IMPRESSIONS: ImpressionConstants = defaults.impressions;

/** The score of one row with its components. */
export function partsAt({ partsOf }: Pick<ScoresV2, 'partsOf'>, row: number): ScoreParts {
  return partsOf([row])[0] as ScoreParts;
}

/** A user with only the given features. */
export function userOf(details: Partial<UserFeatures> = {}): UserFeatures {
  return {
    topics: [],
    sessionEvents: 0,
    idleMs: 0,
    engagements: [],
    dwellByCategory: new Map(),
    views: [],
    impressions: [],
    knownMarkets: [],
    ...details,
  };
}

export function engagementOf(marketId: string, details: Partial<MarketEngagement> = {}): MarketEngagement {
  return { marketId, atMs: NOW_MS, weight: 1, inSession: false, ...details };
}

export function impressionsOf(marketId: string, details: Partial<MarketImpressions> = {}): MarketImpressions {
  return {
    ...{
      marketId,
      count24h: 1,
      lastShownAtMs: NOW_MS,
      probability: 0.5,
      volume24h: 100,
      ignored24h: 1,
      ignored7d: 1,
      ignoredSinceMs: NOW_MS,
    },
    ...details,
  };
}

export function knownMarketOf(marketId: string, details: Partial<KnownMarket> = {}): KnownMarket {
  return { marketId, tradedAtMs: NOW_MS, openedAtMs: NOW_MS, probability: 0.5, ...details };
}

export function columnsOfMarkets(...markets: readonly Market[]): MarketColumns {
  return buildColumns(markets.map(toEntry));
}

/** Trends that are 0 except for the given columns. */
export function trendsOf(size: number, details: Partial<TrendColumns> = {}): TrendColumns {
  const none = () => new Float64Array(size);
  return { global: none(), local: null, rising: none(), popular: none(), ...details };
}

const WORDS = [
  'bitcoin',
  'election',
  'final',
  'minister',
  'record',
  'rain',
  'rate',
  'merger',
  'Ödön',
  '2026',
];
const unit = fc.double({ min: 0, max: 1, noNaN: true });
const ids = (count: number) => Array.from({ length: count }, (_, index) => `m${index}`);
const idsOfOpen = ids(12);
/** Engagements may be with markets that are not open: tests know the text of `p0` and nothing of `p1`. */
const idsOfAll = [...idsOfOpen, 'p0', 'p1'];

const instant = (days: number) =>
  fc
    .integer({ min: -1_000, max: 1_000 })
    .map((thousandths) => NOW_MS + (thousandths / 1_000) * days * DAY_MS);

export const marketArbitrary = (id: string): fc.Arbitrary<Market> =>
  fc
    .record({
      title: fc.array(fc.constantFrom(...WORDS), { maxLength: 4 }).map((words) => `Will ${words.join(' ')}?`),
      category: fc.constantFrom('Politics', 'Sports', 'News'),
      tags: fc.uniqueArray(fc.constantFrom('usa', 'bitcoin', 'breaking', 'cup'), { maxLength: 3 }),
      probability: fc.oneof(unit, fc.constant(null)),
      volume24h: fc.double({ min: 0, max: 1e6, noNaN: true }),
      createdAt: instant(60).map((ms) => new Date(ms)),
      resolvesAt: fc.oneof(
        instant(120).map((ms) => new Date(ms)),
        fc.constant(null),
      ),
      editorialBoost: unit,
      eventKey: fc.constantFrom(null, 'e0', 'e1'),
    })
    .map((details) => storedMarket(id, details));

export const marketsArbitrary: fc.Arbitrary<Market[]> = fc
  .subarray(idsOfOpen, { minLength: 1 })
  .chain((some) => fc.tuple(...some.map(marketArbitrary)));

export const trendsArbitrary = (size: number): fc.Arbitrary<TrendColumns> => {
  const column = fc
    .array(unit, { minLength: size, maxLength: size })
    .map((values) => Float64Array.from(values));
  return fc.record({
    global: column,
    local: fc.oneof(column, fc.constant(null)),
    rising: column,
    popular: column,
  });
};

const probability = fc.oneof(unit, fc.constant(NaN));
const marketId = fc.constantFrom(...idsOfAll);
const distinct = <Item extends { readonly marketId: string }>(item: fc.Arbitrary<Item>) =>
  fc.uniqueArray(item, { selector: (given) => given.marketId, maxLength: 10 });

export const userArbitrary: fc.Arbitrary<UserFeatures> = fc.record({
  topics: fc.uniqueArray(
    fc.record({
      kind: fc.constantFrom('CATEGORY' as const, 'TAG' as const),
      key: fc.constantFrom('politics', 'sports', 'news', 'usa', 'bitcoin', 'cup', 'gone'),
      longTerm: fc.double({ min: -100, max: 100, noNaN: true }),
      session: fc.double({ min: -30, max: 30, noNaN: true }),
    }),
    { selector: ({ kind, key }) => `${kind} ${key}`, maxLength: 8 },
  ),
  sessionEvents: fc.nat(20),
  idleMs: fc.nat(30 * MINUTE_MS),
  engagements: distinct(
    fc.record({
      marketId,
      atMs: fc.nat(30 * DAY_MS).map((agoMs) => NOW_MS - agoMs),
      weight: fc.double({ min: 0.1, max: 9, noNaN: true }),
      inSession: fc.boolean(),
    }),
  ).map((engagements) => engagements.sort((a, b) => b.atMs - a.atMs)),
  dwellByCategory: fc
    .record({ totalMs: fc.nat(200_000), events: fc.nat(5) })
    .map((dwell) => new Map([['politics', dwell]])),
  views: distinct(fc.record({ marketId, probability })),
  impressions: distinct(
    fc.record({
      marketId,
      count24h: fc.nat(20),
      lastShownAtMs: fc.nat(2 * DAY_MS).map((agoMs) => NOW_MS - agoMs),
      probability,
      volume24h: fc.double({ min: 0, max: 1e6, noNaN: true }),
      ignored24h: fc.nat(20),
      ignored7d: fc.nat(32),
      ignoredSinceMs: fc.nat(7 * DAY_MS).map((agoMs) => NOW_MS - agoMs),
    }),
  ),
  knownMarkets: distinct(
    fc.record({
      marketId,
      tradedAtMs: fc.oneof(instant(60), fc.constant(NaN)),
      openedAtMs: fc.oneof(instant(60), fc.constant(NaN)),
      probability,
    }),
  ),
});
