import fc from 'fast-check';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import {
  emptySnapshot,
  patchSnapshot,
  withVectors,
  type CatalogSnapshot,
} from '../../../src/catalog/catalog-snapshot.js';
import { toPastMarket } from '../../../src/catalog/columns/market-terms.js';
import type { EventType } from '../../../src/domain/event.js';
import type { Market } from '../../../src/domain/market.js';
import { composeFeed } from '../../../src/feed/pipeline.js';
import type { RankingInputs } from '../../../src/feed/ranking-inputs.js';
import { RankingWorkspace } from '../../../src/feed/workspace.js';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/lib/time.js';
import { DEFAULT_MODEL } from '../../../src/scoring/v2/ranking-model.js';
import { NO_TRENDS } from '../../../src/trends/trend-columns.js';
import { TrendState } from '../../../src/trends/trend-state.js';
import { composeInFull } from '../../support/full-computation.js';
import { exploringConfig, LEARNING_POLICIES } from '../../support/exploration.js';
import { NOON_MS, profileAfter, profileEvent } from '../../support/profile-events.js';
import { modelOf } from '../../support/ranking-model.js';
import { storedMarket } from '../../support/stored-market.js';

const WORDS = 'rain rate cup final bitcoin merger record minister election probe senate budget tariff'.split(
  ' ',
);
const EVENTS: readonly EventType[] = [
  ...(['CLICK', 'CLICK', 'PARTICIPATE', 'DWELL_30', 'BOOKMARK'] as const),
  ...(['IMPRESSION', 'IMPRESSION', 'IMPRESSION', 'HIDE', 'NOT_INTERESTED', 'SKIP_FAST'] as const),
];

type Draw = (below: number) => number;

/** Markets of few categories, words, volumes and times, so that many of them have equal scores. */
function marketOf(index: number, draw: Draw, kinds: number): Market {
  const word = (): string => WORDS[draw(WORDS.length)] ?? '';
  return storedMarket(`m${(index * 7_919) % 100_003}`, {
    number: index + 1,
    title: `Will ${word()} ${word()} by ${draw(30)}?`,
    category: ['Politics', 'Sports', 'News', 'Crypto', 'World'][draw(kinds)] ?? 'Politics',
    tags: Array.from(new Set([`tag ${draw(6)}`, `tag ${draw(6)}`])),
    probability: draw(9) === 0 ? null : draw(20) / 20,
    ...{ volume24h: draw(4) * 50, volumeTotal: draw(3) * 1_000, editorialBoost: draw(8) === 0 ? 0.5 : 0 },
    createdAt: new Date(NOON_MS - draw(60) * 6 * HOUR_MS),
    resolvesAt: draw(5) === 0 ? null : new Date(NOON_MS + (draw(400) - 20) * HOUR_MS),
    ...{ openPastDue: draw(2) === 0, imageUrl: draw(2) === 0 ? '/it.svg' : null },
    eventKey: draw(3) === 0 ? `event ${draw(20)}` : null,
    blockedCountries: draw(20) === 0 ? ['IL'] : [],
  });
}

function profileOf(markets: readonly Market[], draw: Draw): RankingInputs['profile'] {
  const liked = ['Politics', 'Sports', 'News', 'Crypto', 'World'][draw(5)];
  const likely = markets.filter(({ category }) => category === liked);
  const events = Array.from({ length: draw(150) }, () => {
    const from = draw(3) > 0 && likely.length > 0 ? likely : markets;
    const market = from[draw(from.length)] ?? storedMarket('none');
    const { id, category, tags, volume24h } = market;
    const probability = draw(4) === 0 ? draw(20) / 20 : market.probability;
    const agoMs = draw(draw(2) === 0 ? 60 : 15 * 24 * 60) * MINUTE_MS;
    return profileEvent(EVENTS[draw(EVENTS.length)] ?? 'CLICK', NOON_MS - agoMs, {
      market: { id, category, tags, probability, volume24h: volume24h ?? 0 },
      dwellMs: draw(60_000),
    });
  });
  return profileAfter(...events.sort((a, b) => a.occurredAtMs - b.occurredAtMs));
}

/** Few distinct text vectors, so that many markets are equal, and of two models; some markets have none. */
function withSomeVectors(snapshot: CatalogSnapshot, draw: Draw): CatalogSnapshot {
  if (draw(3) === 0) return snapshot;
  const distinct = Array.from({ length: 6 }, () => {
    const step = 1 + draw(250);
    return Int8Array.from({ length: 512 }, (_, i) => ((i * i * step) % 255) - 100);
  });
  const vectors = snapshot.entries.flatMap(({ market: { number } }) => {
    const values = distinct[draw(8)];
    return values === undefined ? [] : [{ number, values, model: draw(9) === 0 ? 'old' : 'new' }];
  });
  return withVectors(snapshot, vectors);
}

/** The inputs of several requests to a catalog: some users, times, countries and limits. */
function requestsOf(seed: number, size: number): RankingInputs[] {
  const rng = xoroshiro128plus(seed);
  const draw: Draw = (below) => uniformInt(rng, 0, below - 1);
  const markets = Array.from({ length: size }, (_, index) => marketOf(index, draw, 1 + draw(5)));
  const ids = markets.map(({ id }) => id);
  const some = (one: number, steps: number): Map<string, number> =>
    new Map(ids.flatMap((id) => (draw(one) === 0 ? [[id, draw(steps + 1) / steps] as const] : [])));
  const scopes = new Map([
    ['global', some(3, 4)],
    ['local:IL', some(6, 4)],
  ]);
  const exposure = new Map(
    ids.map((marketId) => [
      marketId,
      { marketId, impressions: draw(400), clicks: draw(9), popularity: draw(3) },
    ]),
  );
  const trends = new TrendState(
    { ...NO_TRENDS, scopes, probabilities24hAgo: some(4, 10), exposure },
    NOON_MS,
  );
  const model = modelOf(markets, draw);
  // The last tenth is not open: users engaged with it, and it counts as past.
  const open = markets.slice(0, Math.ceil(size * 0.9));
  const past = new Map(markets.slice(open.length).map((market) => [market.id, toPastMarket(market)]));
  // The terms of markets that were added to a catalog are not known yet.
  const before = patchSnapshot(emptySnapshot, open.slice(0, Math.ceil(size * 0.8)), 1n);
  const snapshot = withSomeVectors(patchSnapshot(before, open, 2n), draw);
  const config = exploringConfig({
    policy: ['weighted' as const, ...LEARNING_POLICIES][draw(6)] ?? 'weighted',
    draws: 16,
  });
  const diversity = { ...config.feed.diversity, method: 'dpp' as const };
  const withDpp = { ...config, feed: { ...config.feed, diversity } };
  return Array.from({ length: 4 }, (): RankingInputs => {
    const profile = draw(5) === 0 ? null : profileOf(markets, draw);
    const inPast = new Map([...past].filter(([id]) => profile?.engagements.has(id)));
    return {
      ...{
        nowMs: NOON_MS + draw(5 * DAY_MS),
        userKey: profile === null ? null : 'ada',
        profile,
        past: inPast,
      },
      ...{ country: ['IL', 'US', null][draw(3)] ?? null, personal: draw(10) > 0, algorithm: 'v2' },
      ...{ limit: [1, 5, 20, 50, 100][draw(5)] ?? 20, snapshot, trends },
      config: draw(4) === 0 ? withDpp : config,
      model: draw(4) === 0 ? DEFAULT_MODEL : model,
      configVersion: String(draw(9)),
    };
  });
}

describe('a composed feed', () => {
  const worlds = (min: number, max: number) =>
    fc.tuple(fc.integer(), fc.integer({ min, max })).map(([seed, size]) => requestsOf(seed, size));

  it.each([
    [0, 40, 150],
    [0, 1_500, 25],
    // Larger catalogs rank by bounds that are refined.
    [5_000, 7_000, 8],
  ])('equals the full computation byte for byte, with ties, over %i to %i markets', (min, max, numRuns) => {
    const workspace = new RankingWorkspace();
    fc.assert(
      fc.property(worlds(min, max), (requests) => {
        for (const inputs of requests)
          expect(JSON.stringify(composeFeed(inputs, workspace))).toBe(JSON.stringify(composeInFull(inputs)));
      }),
      { numRuns },
    );
  });
});
