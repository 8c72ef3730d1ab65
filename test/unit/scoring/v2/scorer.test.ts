import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toEntry } from '../../../../src/catalog/catalog-snapshot.js';
import { columnsOfSome } from '../../../../src/catalog/columns/market-columns.js';
import { toPastMarket } from '../../../../src/catalog/columns/market-terms.js';
import type { Market } from '../../../../src/domain/market.js';
import type { ScoreParts } from '../../../../src/scoring/shared/types.js';
import type { MarketColumns, TrendColumns } from '../../../../src/scoring/v2/market-columns.js';
import { ScorerV2, type ScoresV2 } from '../../../../src/scoring/v2/score-v2.js';
import type { UserV2 } from '../../../../src/scoring/v2/user-v2.js';
import {
  columnsOfMarkets,
  CONSTANTS,
  DAY_MS,
  engagementOf,
  heldOf,
  HOUR_MS,
  impressionOf,
  IMPRESSIONS,
  marketsArbitrary,
  NOW_MS,
  trendsArbitrary,
  trendsOf,
  userArbitrary,
  userOf,
} from '../../../support/scoring-v2.js';
import { storedMarket } from '../../../support/stored-market.js';

const closed = toPastMarket(storedMarket('p0', { title: 'Bitcoin record?', eventKey: 'e0' }));
const past = (id: string) => (id === 'p0' ? closed : undefined);
const scorer = () => new ScorerV2(CONSTANTS, IMPRESSIONS);

interface World {
  readonly markets: readonly Market[];
  readonly columns: MarketColumns;
  readonly trends: TrendColumns;
  readonly user: UserV2 | null;
}

const worlds: fc.Arbitrary<World> = marketsArbitrary.chain((markets) =>
  fc.record({
    markets: fc.constant(markets),
    columns: fc.constant(columnsOfMarkets(...markets)),
    trends: trendsArbitrary(markets.length),
    user: fc.oneof({ weight: 5, arbitrary: userArbitrary }, fc.constant(null)),
  }),
);

const score = ({ columns, trends, user }: World, by = scorer(), nowMs = NOW_MS): ScoresV2 =>
  by.score(columns, trends, user, past, nowMs);

/** All that came out, copied, as the next call overwrites it. */
function bytesOf({ final, discount, trending, changed, capped, parts }: ScoresV2): unknown {
  return structuredClone({
    ...{ final, discount, trending, changed, capped },
    parts: [...final].map((_, row) => parts(row)),
  });
}

const IN_UNIT_RANGE = [
  ...(['interest', 'similarity', 'continuity', 'depth', 'freshness', 'followup', 'negative'] as const),
  ...(['closing', 'trending', 'trendingLocal', 'trendingGlobal', 'rising', 'editorial'] as const),
  ...(['news', 'sports', 'discount'] as const),
];

describe('a score by algorithm v2', () => {
  const market = storedMarket('a', {
    title: 'Bitcoin?',
    category: 'Sports',
    tags: ['breaking'],
    probability: 0.5,
    editorialBoost: 0.5,
    createdAt: new Date(NOW_MS - 10 * HOUR_MS),
    resolvesAt: new Date(NOW_MS + 30 * HOUR_MS),
    eventKey: 'e',
  });
  const other = storedMarket('b', { title: 'Rain?', category: 'Weather', eventKey: 'e' });
  const columns = columnsOfMarkets(market, other);
  const trends = trendsOf(2, {
    global: Float64Array.of(0.5, 0),
    local: Float64Array.of(1, 0),
    rising: Float64Array.of(0.25, 0),
    popular: Float64Array.of(0.2, 1),
  });
  // A quarter of the trend, 0.4 · 1 + 0.6 · 0.5, and three quarters of what has been popular.
  const trending = 0.25 * 0.7 + 0.75 * 0.2;
  const freshness = 1 / (1 + 10 / 24);
  const impersonal =
    0.4 * trending + 0.15 * 0.25 + 0.05 * 0.5 + 0.1 * 1 + 0.1 * 1 + 0.05 * 0.8 + 0.3 * freshness;

  it('is the weighted sum of what is the same for everyone, for nobody', () => {
    const scores = scorer().score(columns, trends, null, past, NOW_MS);
    expect(scores.parts(0)).toEqual({
      final: expect.closeTo(impersonal, 12) as number,
      ...{ personal: null, interest: null, similarity: null, continuity: null, depth: null },
      ...{ followup: null, negative: null, diversity: null, collaborative: null },
      ...{ freshness: expect.closeTo(freshness, 12) as number, closing: 0.8 },
      ...{ trending: expect.closeTo(trending, 12) as number, trendingLocal: 1, trendingGlobal: 0.5 },
      ...{ rising: 0.25, editorial: 0.5, news: 1, sports: 1, discount: 1 },
    });
    expect(
      scorer()
        .score(columns, { ...trends, local: null }, null, past, NOW_MS)
        .parts(0),
    ).toMatchObject({
      ...{ trending: expect.closeTo(0.25 * 0.5 + 0.75 * 0.2, 12) as number, trendingLocal: null },
    });
  });

  it("is for a person the discounted sum with the person's parts, less what the person dislikes", () => {
    const user = userOf({
      topics: [
        { kind: 'CATEGORY', key: 'sports', longTerm: 20, session: 0 },
        { kind: 'TAG', key: 'breaking', longTerm: -20, session: 0 },
        { kind: 'TAG', key: 'sports', longTerm: 1e9, session: 0 },
      ],
      engagements: [engagementOf('b', { atMs: NOW_MS - 2 * DAY_MS })],
      dwellByCategory: new Map([['sports', { totalMs: 30_000, events: 2 }]]),
      views: [{ marketId: 'a', probability: 0.6 }],
      impressions: [impressionOf('a', { probability: 0.5, volume24h: 0 })],
      held: [heldOf('a', { tradedAtMs: NaN, openedAtMs: NOW_MS - 7 * DAY_MS })],
    });
    const parts = scorer().score(columns, trends, user, past, NOW_MS).parts(0);
    const interest = 0.7 * 0.8 * Math.tanh(1) + 0.3 * 0.4 * Math.tanh(1);
    const followup = Math.log(0.6 / 0.4);
    const discount = Math.exp(-0.25) * 0.5 * 0.75;
    const personal = 0.35 * interest + 0.4 * 0.5 + 0.15 * 0.5 + 0.1 * followup;
    expect(parts.interest).toBeCloseTo(interest, 12);
    expect(parts.negative).toBeCloseTo(Math.tanh(1), 12);
    expect(parts).toMatchObject({ continuity: 0.5, depth: 0.5, similarity: 0 });
    expect(parts.personal).toBeCloseTo(personal, 12);
    expect(parts.discount).toBeCloseTo(discount, 12);
    expect(parts.final).toBeCloseTo(discount * (personal + impersonal) - 0.3 * Math.tanh(1), 12);
  });

  it('comes out in columns as it comes out in parts', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const scores = score(world);
        expect(scores.final).toHaveLength(world.columns.size);
        scores.final.forEach((final, row) => {
          const parts = scores.parts(row);
          expect(parts.final).toBe(final);
          expect(parts.discount).toBe(scores.discount[row]);
          expect(parts.trending).toBe(scores.trending[row]);
        });
      }),
    );
  });

  it('has every part in 0 to 1', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const scores = score(world);
        for (const row of world.columns.ids.keys()) {
          const parts = scores.parts(row);
          for (const name of IN_UNIT_RANGE) {
            const part = parts[name];
            if (part === null) continue;
            expect(part, name).toBeGreaterThanOrEqual(0);
            expect(part, name).toBeLessThanOrEqual(1);
          }
        }
      }),
    );
  });

  it('is never raised by having been shown, opened or traded in', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        if (world.user === null) return;
        const { final } = score({ ...world, user: { ...world.user, impressions: [], held: [] } });
        score(world).final.forEach((shown, row) => {
          expect(shown).toBeLessThanOrEqual(final[row] ?? NaN);
        });
      }),
    );
  });

  it('has freshness and continuity that only fall with time', () => {
    const older = (later: ScoreParts, earlier: ScoreParts, part: 'freshness' | 'continuity') => {
      expect(later[part]).toBeLessThanOrEqual((earlier[part] ?? NaN) + 1e-12);
    };
    fc.assert(
      fc.property(worlds, fc.nat(20 * DAY_MS), (world, laterMs) => {
        if (world.user === null) return;
        const [before, after] = [score(world), score(world, scorer(), NOW_MS + laterMs)];
        for (const row of world.columns.ids.keys()) {
          older(after.parts(row), before.parts(row), 'freshness');
          older(after.parts(row), before.parts(row), 'continuity');
        }
      }),
    );
  });

  it('is the same to the byte from a fresh scorer and from one that scored anything before', () => {
    const used = scorer();
    fc.assert(
      fc.property(worlds, worlds, (world, before) => {
        const fresh = bytesOf(score(world));
        score(before, used);
        expect(bytesOf(score(world, used))).toEqual(fresh);
        expect(bytesOf(score(world, used))).toEqual(fresh);
      }),
    );
  });

  it('is unharmed by a look-up that failed in the middle of an earlier call', () => {
    const used = scorer();
    const user = userOf({ engagements: [engagementOf('b'), engagementOf('p0'), engagementOf('a')] });
    const failing = () => {
      throw new Error('not now');
    };
    expect(() => used.score(columns, trends, user, failing, NOW_MS)).toThrow('not now');
    expect(bytesOf(used.score(columns, trends, user, past, NOW_MS))).toEqual(
      bytesOf(scorer().score(columns, trends, user, past, NOW_MS)),
    );
  });

  it('is the same for a market asked for with few others as in the whole catalog', () => {
    fc.assert(
      fc.property(worlds, fc.infiniteStream(fc.boolean()), (world, picks) => {
        const picked = world.markets.filter(() => picks.next().value === true);
        const some = columnsOfSome(picked.map(toEntry), world.columns);
        const rows = some.ids.map((id) => world.columns.rowOf(id) ?? NaN);
        const pick = (column: Float64Array) => Float64Array.from(rows, (row) => column[row] ?? NaN);
        const { global, local, rising, popular } = world.trends;
        const all = score(world);
        const byId = new Map(world.markets.map((one) => [one.id, one]));
        const alone = scorer().score(
          some,
          {
            ...{ global: pick(global), rising: pick(rising), popular: pick(popular) },
            local: local === null ? null : pick(local),
          },
          world.user,
          (id) => {
            const open = byId.get(id);
            return open === undefined ? past(id) : toPastMarket(open);
          },
          NOW_MS,
        );
        rows.forEach((row, place) => {
          expect(alone.parts(place)).toEqual(all.parts(row));
        });
      }),
    );
  });

  it('is finite whatever comes in', () => {
    const strange = fc.constantFrom(NaN, Infinity, -Infinity, -1, 2, 1e308, -1e308);
    const column = (size: number) =>
      fc.array(strange, { minLength: size, maxLength: size }).map((values) => Float64Array.from(values));
    const spoiled = worlds.chain((world) =>
      fc.record({
        world: fc.constant(world),
        numbers: fc.record({
          ...{ probability: column(world.columns.size), volume24h: column(world.columns.size) },
          ...{ createdAtMs: column(world.columns.size), resolvesAtMs: column(world.columns.size) },
          creationPlace: column(world.columns.size),
          editorialBoost: column(world.columns.size),
        }),
        trends: fc.record({
          ...{ global: column(world.columns.size), local: column(world.columns.size) },
          ...{ rising: column(world.columns.size), popular: column(world.columns.size) },
        }),
        value: strange,
        nowMs: fc.oneof(fc.constant(NOW_MS), strange),
      }),
    );
    fc.assert(
      fc.property(spoiled, ({ world, numbers, trends: strangeTrends, value, nowMs }) => {
        const user = world.user && {
          ...world.user,
          ...{ sessionEvents: value, idleMs: value },
          topics: world.user.topics.map((topic) => ({ ...topic, longTerm: value, session: -value })),
          engagements: world.user.engagements.map((engagement, index) =>
            index % 2 === 0 ? { ...engagement, weight: value } : { ...engagement, atMs: value },
          ),
          dwellByCategory: new Map([['politics', { totalMs: value, events: value }]]),
          views: world.user.views.map((view) => ({ ...view, probability: value })),
          impressions: world.user.impressions.map((shown) => ({
            ...shown,
            ...{ count24h: value, lastShownAtMs: value, probability: value, volume24h: value },
            ...{ ignored24h: value, ignored7d: value, ignoredSinceMs: value },
          })),
          held: world.user.held.map((held) => ({
            ...held,
            ...{ atMs: value, probability: value, volume24h: value },
          })),
        };
        const { final, parts } = scorer().score(
          { ...world.columns, ...numbers },
          strangeTrends,
          user,
          past,
          nowMs,
        );
        final.forEach((value, row) => {
          expect(Number.isFinite(value), JSON.stringify(parts(row))).toBe(true);
        });
      }),
      { numRuns: 300 },
    );
  });
});
