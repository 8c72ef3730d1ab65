/**
 * `node bench/pipeline.ts`, after a build: how long the synchronous part of a feed takes over 415, 2,000 and
 * 20,000 open markets, for somebody and for nobody, and how long it takes to put one changed market into a
 * snapshot of 20,000 and 200,000. Median, and what 5 % and 95 % of the rounds stayed under.
 */
import { emptySnapshot, patchSnapshot } from '../dist/catalog/catalog-snapshot.js';
import type { Market } from '../dist/domain/market.js';
import { pageV1 } from '../dist/feed/v1-pipeline.js';
import type { RankingContext } from '../dist/feed/candidate.js';
import type { ScoringUser } from '../dist/scoring/v1/inputs.js';

const NOW_MS = Date.UTC(2026, 5, 15, 12);
const HOUR_MS = 3_600_000;
const LIMIT = 20;
const CATEGORIES = 12;
const TAGS = 200;

for (const count of [415, 2_000, 20_000]) {
  const markets = marketsLike(count);
  const snapshot = patchSnapshot(emptySnapshot, markets, 1n);
  for (const [who, user] of [['somebody', somebody(markets)] as const, ['nobody', null] as const]) {
    const context = contextOf(markets, user);
    measure(`feed of ${who} over ${count} markets`, Math.ceil(200_000 / count), () =>
      pageV1(snapshot, context, LIMIT),
    );
  }
}
for (const count of [20_000, 200_000]) {
  const markets = marketsLike(count);
  const snapshot = patchSnapshot(emptySnapshot, markets, 1n);
  const changed = markets.slice(count >> 1, (count >> 1) + 1);
  measure(`one change among ${count} markets`, 30, () => patchSnapshot(snapshot, changed, 2n));
}

function measure(what: string, rounds: number, work: () => unknown): void {
  for (let round = 0; round < rounds / 4; round += 1) work();
  const timesMs = Array.from({ length: rounds }, () => {
    const startedMs = performance.now();
    work();
    return performance.now() - startedMs;
  }).sort((a, b) => a - b);
  const at = (share: number): string => (timesMs[Math.floor(share * rounds)] ?? NaN).toFixed(3);
  console.log(`${what}: ${at(0.5)} ms (${at(0.05)} to ${at(0.95)}, ${rounds} rounds)`);
}

/** Spread over categories, tags and ages by fixed strides, so that every run has the same. */
function marketsLike(count: number): Market[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `market-${(index * 7_919) % count}-${index}`,
    number: index + 1,
    title: `Will number ${index} happen?`,
    description: null,
    category: `Category ${(index * 7) % CATEGORIES}`,
    tags: [1, 3, 11].map((stride) => `Tag ${(index * stride) % TAGS}`),
    probability: (index % 97) / 97,
    volume24h: (index * 31) % 10_000,
    volumeTotal: (index * 17) % 100_000,
    participantCount: 0,
    imageUrl: index % 3 === 0 ? '/it.svg' : null,
    url: null,
    status: 'OPEN',
    openPastDue: false,
    createdAt: new Date(NOW_MS - ((index * 13) % 1_000) * HOUR_MS),
    resolvesAt: index % 2 === 0 ? null : new Date(NOW_MS + (1 + (index % 500)) * HOUR_MS),
    editorialDescription: null,
    editorialBoost: 0,
    eventKey: null,
    source: null,
    blockedCountries: index % 50 === 0 ? ['DE'] : [],
  }));
}

/** A person who touched 60 topics, and lately 20 markets. */
function somebody(markets: readonly Market[]): ScoringUser {
  const tagPoints = Array.from({ length: 50 }, (_, index) => [`tag ${index * 4}`, index - 10] as const);
  const categoryPoints = Array.from({ length: 10 }, (_, index) => [`category ${index}`, 9 * index] as const);
  const seen = markets.filter((_, index) => index % 20 === 0).slice(0, 20);
  return {
    tagPoints: new Map(tagPoints),
    categoryPoints: new Map(categoryPoints),
    dwellByCategory: new Map(categoryPoints.map(([key]) => [key, { totalMs: 40_000, events: 3 }])),
    viewProbabilities: new Map(seen.map(({ id }) => [id, 0.5])),
    recentMarkets: seen.map(({ id, category, tags }) => ({
      id,
      category: category.toLowerCase(),
      tags: tags.map((tag) => tag.toLowerCase()),
    })),
  };
}

function contextOf(markets: readonly Market[], user: ScoringUser | null): RankingContext {
  const some = (every: number) =>
    new Map(
      markets.filter((_, index) => index % every === 0).map(({ id }, index) => [id, (index % 89) / 89]),
    );
  const [global, local, before] = [some(3), some(10), some(2)];
  return {
    ...{ nowMs: NOW_MS, overdueMs: 0, country: 'IL', profile: null, user },
    trends: {
      trendingGlobal: (id) => global.get(id) ?? 0,
      trendingLocal: (id) => local.get(id) ?? 0,
      probability24hAgo: (id) => before.get(id) ?? null,
    },
  };
}
