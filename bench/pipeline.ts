/**
 * `node bench/pipeline.ts`, after a build: the time of the synchronous stages of a v1 feed over 415, 2,000 and 20,000
 * open markets, for a warm and for an anonymous user, and the time of patching one market into a snapshot of 20,000 and
 * 200,000. Prints the median and the 5th and 95th percentiles.
 */
import { emptySnapshot, patchSnapshot } from '../dist/catalog/catalog-snapshot.js';
import type { Market } from '../dist/domain/market.js';
import { loadRankingConfig } from '../dist/config/ranking-config.js';
import { composeFeed } from '../dist/feed/pipeline.js';
import { RankingWorkspace } from '../dist/feed/workspace.js';
import { HOUR_MS } from '../dist/lib/time.js';
import { syntheticTrends, profileOf, WARM } from './ranking-world.ts';
import { DEFAULT_MODEL } from '../dist/scoring/v2/ranking-model.js';

const NOW_MS = Date.UTC(2026, 5, 15, 12);
const LIMIT = 20;
const CATEGORIES = 12;
const TAGS = 200;
const config = loadRankingConfig(undefined);

const workspace = new RankingWorkspace();

for (const count of [415, 2_000, 20_000]) {
  const snapshot = patchSnapshot(emptySnapshot, marketsLike(count), 1n);
  const trends = syntheticTrends(snapshot.columns.ids);
  for (const [user, profile] of [
    ['warm', profileOf(WARM, snapshot)] as const,
    ['anonymous', null] as const,
  ]) {
    measure(`v1 feed of a user (${user}) over ${count} markets`, Math.ceil(200_000 / count), () =>
      composeFeed(
        {
          ...{ nowMs: NOW_MS, userKey: null, country: 'IL', profile, personal: true, algorithm: 'v1' },
          ...{
            limit: LIMIT,
            snapshot,
            past: new Map(),
            trends,
            config,
            model: DEFAULT_MODEL,
            configVersion: 'bench',
          },
        },
        workspace,
      ),
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
    updatedAt: new Date(NOW_MS),
    ...{ volumeUnit: null, closesAt: null, resolvedAt: null },
    resolvesAt: index % 2 === 0 ? null : new Date(NOW_MS + (1 + (index % 500)) * HOUR_MS),
    editorialDescription: null,
    editorialBoost: 0,
    eventKey: null,
    source: null,
    blockedCountries: index % 50 === 0 ? ['DE'] : [],
  }));
}
