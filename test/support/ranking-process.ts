// A process of its own that makes the feeds of a fixed catalog with the compiled code, and prints them: for a warm
// user and for an anonymous user, by each algorithm, with every score to the last bit.
import { emptySnapshot, patchSnapshot } from '../../dist/catalog/catalog-snapshot.js';
import { loadRankingConfig } from '../../dist/config/ranking-config.js';
import { RankingWorkspace } from '../../dist/feed/workspace.js';
import { userFeatures, type RankingInputs } from '../../dist/feed/ranking-inputs.js';
import { composeFeed } from '../../dist/feed/pipeline.js';
import { pastLookup } from '../../dist/feed/hydrators/past-markets.js';
import { ScorerV2 } from '../../dist/scoring/v2/scorer.js';
import { emptyProfile, type FullProfile, type ProfileEvent } from '../../dist/domain/profile.js';
import { loadSampleCatalog } from '../../dist/sample/sample-catalog.js';
import { type EventType } from '../../dist/domain/event.js';
import { eventWeight } from '../../dist/scoring/shared/event-weight.js';
import type { Market } from '../../dist/domain/market.js';
import { NO_TRENDS } from '../../dist/trends/trend-columns.js';
import { TrendState } from '../../dist/trends/trend-state.js';
import { applyEvents } from '../../dist/domain/apply-events.js';
import { decayConfig } from '../../dist/profiles/profile-decay.js';
import { HOUR_MS } from '../../dist/lib/time.js';
import { DEFAULT_MODEL } from '../../dist/scoring/v2/ranking-model.js';

const NOW_MS = Date.UTC(2026, 5, 15, 12);
const config = loadRankingConfig(undefined);

const markets = loadSampleCatalog(NOW_MS).map((like, index): Market => ({
  number: index + 1,
  ...{ id: like.id, title: like.title, description: null, category: like.category, tags: like.tags },
  ...{ probability: like.probability, volume24h: like.volume24h, volumeTotal: like.volumeTotal },
  ...{ participantCount: like.participantCount, imageUrl: like.imageUrl ?? null, url: null },
  ...{
    status: 'OPEN',
    openPastDue: false,
    eventKey: like.eventKey ?? null,
    source: null,
    blockedCountries: [],
  },
  createdAt: new Date(NOW_MS - ((index * 13) % 900) * HOUR_MS),
  updatedAt: new Date(NOW_MS),
  ...{ volumeUnit: null, closesAt: null, resolvedAt: null },
  resolvesAt: new Date(NOW_MS + (1 + ((index * 17) % 3_000)) * HOUR_MS),
  ...{ editorialDescription: null, editorialBoost: index % 40 === 0 ? 0.5 : 0 },
}));

function warmPerson(): FullProfile {
  const decay = decayConfig(config);
  const kinds: readonly EventType[] = [
    'IMPRESSION',
    'CLICK',
    'PARTICIPATE',
    'SKIP_FAST',
    'IMPRESSION',
    'HIDE',
  ];
  const events: ProfileEvent[] = [];
  for (let index = 120; index >= 0; index -= 1) {
    const market = markets[(index * 11) % markets.length];
    const eventType = kinds[index % kinds.length];
    if (market === undefined || eventType === undefined) throw new Error('The sample is empty.');
    const volume24h = market.volume24h ?? 0;
    const event = {
      eventType,
      market: { ...market, volume24h },
      occurredAtMs: NOW_MS - index * HOUR_MS,
      dwellMs: index * 700,
    };
    const weight = eventWeight(eventType, event.dwellMs, config.events);
    events.push({ ...event, weight, country: 'IL', stake: null });
  }
  return applyEvents(emptyProfile('ann'), events, decay);
}

const every = (stride: number): Map<string, number> =>
  new Map(markets.flatMap(({ id }, index) => (index % stride === 0 ? [[id, (index % 89) / 89]] : [])));
const inputs: RankingInputs = {
  ...{ nowMs: NOW_MS, userKey: 'ann', country: 'IL', profile: warmPerson(), personal: true, algorithm: 'v2' },
  snapshot: patchSnapshot(emptySnapshot, markets, 1n),
  past: new Map(),
  trends: new TrendState(
    {
      ...NO_TRENDS,
      scopes: new Map([
        ['global', every(3)],
        ['local:IL', every(10)],
      ]),
      probabilities24hAgo: every(7),
      exposure: new Map(
        markets.map(({ id }, index) => [
          id,
          { marketId: id, impressions: index * 3, clicks: index % 7, popularity: index % 53 },
        ]),
      ),
    },
    NOW_MS,
  ),
  ...{ limit: 50, config, model: DEFAULT_MODEL, configVersion: 'fixed' },
};
const anonymous: RankingInputs = { ...inputs, userKey: null, country: null, profile: null };
const workspace = new RankingWorkspace();
const bits = (column: Float64Array): string =>
  Buffer.from(column.buffer, column.byteOffset, column.byteLength).toString('hex');

for (const each of [inputs, anonymous]) {
  const { columns } = each.snapshot;
  const trend = each.trends.columns(columns, each.country);
  const { final } = new ScorerV2(config.v2, config.impressions).score(
    ...([columns, trend, userFeatures(each), pastLookup(each), NOW_MS] as const),
  );
  process.stdout.write(`${bits(final)}\n`);
  for (const algorithm of ['v2', 'v1'] as const) {
    const { items, rest, notes } = composeFeed({ ...each, algorithm }, workspace);
    // JSON gives a number the digits that tell it from every other.
    process.stdout.write(`${JSON.stringify({ items, rest, notes })}\n`);
  }
}
