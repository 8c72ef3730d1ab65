import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toEntry } from '../../../../src/catalog/catalog-snapshot.js';
import { buildSubsetColumns } from '../../../../src/catalog/columns/build-columns.js';
import { toPastMarket } from '../../../../src/catalog/columns/market-terms.js';
import type { Market } from '../../../../src/domain/market.js';
import { DAY_MS, HOUR_MS } from '../../../../src/lib/time.js';
import type { ScoreParts } from '../../../../src/scoring/score-parts.js';
import type { MarketColumns, TrendColumns, UserFeatures } from '../../../../src/scoring/v2/features.js';
import { ScorerV2, type ScoresV2 } from '../../../../src/scoring/v2/scorer.js';
import {
  columnsOfMarkets,
  CONSTANTS,
  engagementOf,
  IMPRESSIONS,
  impressionsOf,
  knownMarketOf,
  marketsArbitrary,
  NOW_MS,
  trendsArbitrary,
  trendsOf,
  userArbitrary,
  userOf,
  partsAt,
} from '../../../support/scoring-v2.js';
import { storedMarket } from '../../../support/stored-market.js';

const closed = toPastMarket(storedMarket('p0', { title: 'Bitcoin record?', eventKey: 'e0' }));
const past = (id: string) => (id === 'p0' ? closed : undefined);
const scorer = () => new ScorerV2(CONSTANTS, IMPRESSIONS);

interface Scenario {
  readonly markets: readonly Market[];
  readonly columns: MarketColumns;
  readonly trends: TrendColumns;
  readonly user: UserFeatures | null;
}

const scenarios: fc.Arbitrary<Scenario> = marketsArbitrary.chain((markets) =>
  fc.record({
    markets: fc.constant(markets),
    columns: fc.constant(columnsOfMarkets(...markets)),
    trends: trendsArbitrary(markets.length),
    user: fc.oneof({ weight: 5, arbitrary: userArbitrary }, fc.constant(null)),
  }),
);

const score = ({ columns, trends, user }: Scenario, by = scorer(), nowMs = NOW_MS): ScoresV2 =>
  by.score(columns, trends, user, past, nowMs);

/** A copy of the whole result, because the next call overwrites it. */
function copyOf({ final, discount, changed, partsOf }: ScoresV2): unknown {
  return structuredClone({
    ...{ final, discount, changed },
    parts: partsOf([...final.keys()]),
  });
}

const IN_UNIT_RANGE = [
  ...(['interest', 'similarity', 'continuity', 'depth', 'freshness', 'followup', 'negative'] as const),
  ...(['closing', 'trending', 'trendingLocal', 'trendingGlobal', 'rising', 'editorial'] as const),
  ...(['news', 'sports', 'discount', 'last', 'ladder', 'fam', 'sib1', 'sameDate', 'touched'] as const),
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
  // 0.25 of the trend, 0.4 · 1 + 0.6 · 0.5, and 0.75 of the popularity.
  const trending = 0.25 * 0.7 + 0.75 * 0.2;
  const freshness = 1 / (1 + 10 / 24);
  const impersonal =
    0.4 * trending + 0.15 * 0.25 + 0.05 * 0.5 + 0.1 * 1 + 0.1 * 1 + 0.05 * 0.8 + 0.3 * freshness;

  it('is the weighted sum of the impersonal components for an anonymous user', () => {
    const scores = scorer().score(columns, trends, null, past, NOW_MS);
    expect(partsAt(scores, 0)).toEqual({
      final: expect.closeTo(impersonal, 12) as number,
      ...{
        personal: null,
        interest: null,
        similarity: null,
        textSimilarity: null,
        continuity: null,
        depth: null,
      },
      ...{ followup: null, negative: null, diversity: null },
      ...{ freshness: expect.closeTo(freshness, 12) as number, closing: 0.8 },
      ...{ trending: expect.closeTo(trending, 12) as number, trendingLocal: 1, trendingGlobal: 0.5 },
      ...{ rising: 0.25, editorial: 0.5, news: 1, sports: 1, discount: 1 },
      ...{ last: null, ladder: null, fam: null, sib1: null, sibDir: null, trMarket: null, trSeries: null },
      ...{ horizonUser: null, sameDate: null, horizonAll: 0, horizonTemplate: 0, popular7d: 0, touched: 0 },
      ...{ collaborative: null, weekHour: null, groupDemand: 0, popularHere: 0 },
    });
    const global = scorer().score(columns, { ...trends, local: null }, null, past, NOW_MS);
    expect(partsAt(global, 0)).toMatchObject({
      ...{ trending: expect.closeTo(0.25 * 0.5 + 0.75 * 0.2, 12) as number, trendingLocal: null },
    });
  });

  it('is the discounted sum with the personal components, minus the penalty', () => {
    const user = userOf({
      topics: [
        { kind: 'CATEGORY', key: 'sports', longTerm: 20, session: 0 },
        { kind: 'TAG', key: 'breaking', longTerm: -20, session: 0 },
        { kind: 'TAG', key: 'sports', longTerm: 1e9, session: 0 },
      ],
      engagements: [engagementOf('b', { atMs: NOW_MS - 2 * DAY_MS })],
      dwellByCategory: new Map([['sports', { totalMs: 30_000, events: 2 }]]),
      views: [{ marketId: 'a', probability: 0.6 }],
      impressions: [impressionsOf('a', { probability: 0.5, volume24h: 0 })],
      knownMarkets: [knownMarketOf('a', { tradedAtMs: NaN, openedAtMs: NOW_MS - 7 * DAY_MS })],
    });
    const parts = partsAt(scorer().score(columns, trends, user, past, NOW_MS), 0);
    const interest = 0.7 * 0.8 * Math.tanh(1) + 0.3 * 0.4 * Math.tanh(1);
    const followup = Math.log(0.6 / 0.4);
    const discount = Math.exp(-0.25) * 0.5 * 0.75;
    // The family of the last engagement, and the neighbor in creation order.
    const features = 0.05 * 1 + 0.167 * 0.5;
    const personal = 0.35 * interest + 0.4 * 0.5 + 0.15 * 0.5 + 0.1 * followup + features;
    expect(parts.interest).toBeCloseTo(interest, 12);
    expect(parts.negative).toBeCloseTo(Math.tanh(1), 12);
    expect(parts).toMatchObject({ continuity: 0.5, depth: 0.5, similarity: 0 });
    expect(parts.personal).toBeCloseTo(personal, 12);
    expect(parts.discount).toBeCloseTo(discount, 12);
    expect(parts.final).toBeCloseTo(discount * (personal + impersonal) - 0.3 * Math.tanh(1), 12);
  });

  it('is the same in columns and in parts', () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const scores = score(scenario);
        expect(scores.final).toHaveLength(scenario.columns.size);
        scores.final.forEach((final, row) => {
          const parts = partsAt(scores, row);
          expect(parts.final).toBe(final);
          expect(parts.discount).toBe(scores.discount[row]);
        });
      }),
    );
  });

  it('has every component between 0 and 1', () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        const scores = score(scenario);
        for (const row of scenario.columns.ids.keys()) {
          const parts = partsAt(scores, row);
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

  it('never increases with impressions, views or trades', () => {
    fc.assert(
      fc.property(scenarios, (scenario) => {
        if (scenario.user === null) return;
        const { final } = score({
          ...scenario,
          user: { ...scenario.user, impressions: [], knownMarkets: [] },
        });
        score(scenario).final.forEach((shown, row) => {
          expect(shown).toBeLessThanOrEqual(final[row] ?? NaN);
        });
      }),
    );
  });

  it('has freshness and continuity that never increase with time', () => {
    const older = (later: ScoreParts, earlier: ScoreParts, part: 'freshness' | 'continuity') => {
      expect(later[part]).toBeLessThanOrEqual((earlier[part] ?? NaN) + 1e-12);
    };
    fc.assert(
      fc.property(scenarios, fc.nat(20 * DAY_MS), (scenario, laterMs) => {
        if (scenario.user === null) return;
        const [before, after] = [score(scenario), score(scenario, scorer(), NOW_MS + laterMs)];
        for (const row of scenario.columns.ids.keys()) {
          older(partsAt(after, row), partsAt(before, row), 'freshness');
          older(partsAt(after, row), partsAt(before, row), 'continuity');
        }
      }),
    );
  });

  it('is the same to the byte from a new scorer and from a used one', () => {
    const used = scorer();
    fc.assert(
      fc.property(scenarios, scenarios, (scenario, before) => {
        const fresh = copyOf(score(scenario));
        score(before, used);
        expect(copyOf(score(scenario, used))).toEqual(fresh);
        expect(copyOf(score(scenario, used))).toEqual(fresh);
      }),
    );
  });

  it('does not depend on an earlier call that failed during a lookup', () => {
    const used = scorer();
    const user = userOf({ engagements: [engagementOf('b'), engagementOf('p0'), engagementOf('a')] });
    const failing = () => {
      throw new Error('lookup failed');
    };
    expect(() => used.score(columns, trends, user, failing, NOW_MS)).toThrow('lookup failed');
    expect(copyOf(used.score(columns, trends, user, past, NOW_MS))).toEqual(
      copyOf(scorer().score(columns, trends, user, past, NOW_MS)),
    );
  });

  it('is the same for a few markets as in the whole catalog', () => {
    fc.assert(
      fc.property(scenarios, fc.infiniteStream(fc.boolean()), (scenario, picks) => {
        const picked = scenario.markets.filter(() => picks.next().value === true);
        const some = buildSubsetColumns(picked.map(toEntry), scenario.columns);
        const rows = some.ids.map((id) => scenario.columns.rowOf(id) ?? NaN);
        const pick = (column: Float64Array) => Float64Array.from(rows, (row) => column[row] ?? NaN);
        const { global, local, rising, popular } = scenario.trends;
        const all = score(scenario);
        const byId = new Map(scenario.markets.map((one) => [one.id, one]));
        const alone = scorer().score(
          some,
          {
            ...{ global: pick(global), rising: pick(rising), popular: pick(popular) },
            local: local === null ? null : pick(local),
          },
          scenario.user,
          (id) => {
            const open = byId.get(id);
            return open === undefined ? past(id) : toPastMarket(open);
          },
          NOW_MS,
        );
        rows.forEach((row, index) => {
          expect(partsAt(alone, index)).toEqual(partsAt(all, row));
        });
      }),
    );
  });

  it('is finite for every input', () => {
    const invalid = fc.constantFrom(NaN, Infinity, -Infinity, -1, 2, 1e308, -1e308);
    const column = (size: number) =>
      fc.array(invalid, { minLength: size, maxLength: size }).map((values) => Float64Array.from(values));
    const invalidScenarios = scenarios.chain((scenario) =>
      fc.record({
        scenario: fc.constant(scenario),
        numbers: fc.record({
          ...{ probability: column(scenario.columns.size), volume24h: column(scenario.columns.size) },
          ...{ createdAtMs: column(scenario.columns.size), resolvesAtMs: column(scenario.columns.size) },
          creationRank: column(scenario.columns.size),
          editorialBoost: column(scenario.columns.size),
        }),
        trends: fc.record({
          ...{ global: column(scenario.columns.size), local: column(scenario.columns.size) },
          ...{ rising: column(scenario.columns.size), popular: column(scenario.columns.size) },
        }),
        value: invalid,
        nowMs: fc.oneof(fc.constant(NOW_MS), invalid),
      }),
    );
    fc.assert(
      fc.property(invalidScenarios, ({ scenario, numbers, trends: invalidTrends, value, nowMs }) => {
        const user = scenario.user && {
          ...scenario.user,
          ...{ sessionEvents: value, idleMs: value },
          topics: scenario.user.topics.map((topic) => ({ ...topic, longTerm: value, session: -value })),
          engagements: scenario.user.engagements.map((engagement, index) =>
            index % 2 === 0 ? { ...engagement, weight: value } : { ...engagement, atMs: value },
          ),
          dwellByCategory: new Map([['politics', { totalMs: value, events: value }]]),
          views: scenario.user.views.map((view) => ({ ...view, probability: value })),
          impressions: scenario.user.impressions.map((shown) => ({
            ...shown,
            ...{ count24h: value, lastShownAtMs: value, probability: value, volume24h: value },
            ...{ ignored24h: value, ignored7d: value, ignoredSinceMs: value },
          })),
          knownMarkets: scenario.user.knownMarkets.map((known) => ({
            ...known,
            ...{ atMs: value, probability: value, volume24h: value },
          })),
        };
        const scores = scorer().score({ ...scenario.columns, ...numbers }, invalidTrends, user, past, nowMs);
        scores.final.forEach((value, row) => {
          expect(Number.isFinite(value), JSON.stringify(partsAt(scores, row))).toBe(true);
        });
      }),
      { numRuns: 300 },
    );
  });
});
