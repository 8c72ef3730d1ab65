import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { describe, expect, it } from 'vitest';
import {
  emptySnapshot,
  patchSnapshot,
  type CatalogSnapshot,
} from '../../../../../src/catalog/catalog-snapshot.js';
import type { ExplorationConfig } from '../../../../../src/config/schema/feed-schema.js';
import { seededGenerator } from '../../../../../src/feed/selectors/exploration.js';
import type { ExploredRow } from '../../../../../src/feed/selectors/policies/sampler.js';
import { BetaDraws } from '../../../../../src/feed/selectors/policies/beta-draws.js';
import {
  ExplorationPolicies,
  type SamplerRequest,
} from '../../../../../src/feed/selectors/policies/exploration-policies.js';
import { RankingTick } from '../../../../../src/feed/selectors/ranking-tick.js';
import { DAY_MS, HOUR_MS } from '../../../../../src/lib/time.js';
import { betaDeviation, betaPosterior, type Arm } from '../../../../../src/scoring/exploration/arms.js';
import { addImpression, GRAM_SIZE } from '../../../../../src/scoring/exploration/linear-evidence.js';
import {
  FEATURES,
  linearContext,
  linearFeatures,
  marketTopics,
  marketVector,
} from '../../../../../src/scoring/exploration/linear-features.js';
import { DEFAULT_MODEL, type RankingModel } from '../../../../../src/scoring/v2/ranking-model.js';
import { NO_TRENDS } from '../../../../../src/trends/trend-columns.js';
import { TrendState } from '../../../../../src/trends/trend-state.js';
import { criticalChiSquare } from '../../../../support/chi-square.js';
import { evidenceOf, exploringConfig, LEARNING_POLICIES } from '../../../../support/exploration.js';
import { NOON_MS } from '../../../../support/profile-events.js';
import { storedMarket } from '../../../../support/stored-market.js';

const MARKETS = Array.from({ length: 12 }, (_, index) =>
  storedMarket(`market-${index}`, {
    category: ['Politics', 'Sports', 'Crypto'][index % 3] ?? '',
    tags: [`tag ${index % 4}`],
    createdAt: new Date(NOON_MS - index * 5 * HOUR_MS),
    // Some end within a day, so their values are lower.
    resolvesAt: new Date(NOON_MS + (index % 4 === 0 ? DAY_MS / 2 : 9 * DAY_MS)),
  }),
);
const catalog = patchSnapshot(emptySnapshot, MARKETS, 1n);

/** Markets that differ only in their ids. */
const alike = patchSnapshot(
  emptySnapshot,
  MARKETS.map(({ id }) => storedMarket(id, { createdAt: new Date(NOON_MS - DAY_MS), resolvesAt: null })),
  1n,
);
const trends = new TrendState(NO_TRENDS, NOON_MS);
const user: SamplerRequest['user'] = {
  topics: [{ kind: 'CATEGORY', key: 'sports', longTerm: 4, session: 1 }],
};

function modelWith(exploration: RankingModel['exploration'], version = '7'): RankingModel {
  return { ...DEFAULT_MODEL, version, exploration };
}

const rng = seededGenerator(42);
const model = modelWith(
  evidenceOf(
    MARKETS.map(({ id }) => id),
    (below) => uniformInt(rng, 0, below - 1),
  ),
);

/** Returns a function that samples for a seed, as a request would. */
function samplerOf(
  changes: Partial<ExplorationConfig>,
  { snapshot = catalog, ...request }: Partial<SamplerRequest> & { snapshot?: CatalogSnapshot } = {},
): (seed: number, picks: number) => ExploredRow[] {
  const config = exploringConfig(changes);
  const full = { config, model, user, country: 'IL', nowMs: NOON_MS, ...request };
  const { columns } = snapshot;
  const tick = new RankingTick(
    { columns, trends, config, model: full.model, minuteMs: NOON_MS },
    () => new Float64Array(0),
  );
  const sample = new ExplorationPolicies().samplerFor(full, tick, snapshot.entries);
  return (seed, picks) => sample(tick.exploration.rows, picks, seededGenerator(seed));
}

const SEEDS = 3_000;

describe.each(['weighted', ...LEARNING_POLICIES] as const)('the policy %s', (policy) => {
  it.each([1, 2])('states propensities that its frequencies match, %i of 12 (χ²)', (picks) => {
    const sample = samplerOf({ policy, draws: 32 });
    const counts = new Map<number, { count: number; propensity: number }>();
    for (let seed = 0; seed < SEEDS; seed += 1) {
      for (const { row, propensity } of sample(seed, picks)) {
        const { count } = counts.get(row) ?? { count: 0 };
        const before = counts.get(row)?.propensity ?? propensity;
        expect(propensity).toBeCloseTo(before, 12);
        counts.set(row, { count: count + 1, propensity });
      }
    }
    const sampled = [...counts.values()];
    for (const { propensity } of sampled) {
      expect(propensity).toBeGreaterThan(0);
      expect(propensity).toBeLessThanOrEqual(1);
    }
    // Every row with a chance was sampled, so their chances add up.
    expect(sampled.reduce((sum, { propensity }) => sum + propensity, 0)).toBeCloseTo(picks, 9);
    const uncertain = sampled.filter(({ propensity }) => propensity < 1 - 1e-12);
    const chi = uncertain.reduce(
      (sum, { count, propensity: p }) => sum + (count - SEEDS * p) ** 2 / (SEEDS * p * (1 - p)),
      0,
    );
    // Rows of one sample exclude each other, which makes this bound wide: their χ² has fewer degrees of freedom.
    expect(chi).toBeLessThan(criticalChiSquare(uncertain.length));
  });

  it('samples the same for the same inputs in another process', () => {
    const [one, other] = [samplerOf({ policy }), samplerOf({ policy })];
    for (let seed = 0; seed < 20; seed += 1) expect(other(seed, 3)).toEqual(one(seed, 3));
  });

  it('samples all rows of a pool that has no more than the picks', () => {
    const sampled = samplerOf({ policy })(3, MARKETS.length);
    expect(sampled.map(({ row }) => row).sort((a, b) => a - b)).toEqual([...MARKETS.keys()]);
    for (const { propensity } of sampled) expect(propensity).toBeCloseTo(1, 12);
  });
});

describe('policies that learn', () => {
  const armsOf = (arms: Record<string, Arm>): RankingModel['exploration'] => ({
    ...DEFAULT_MODEL.exploration,
    arms: new Map(Object.entries(arms)),
    impressions: Object.values(arms).reduce((sum, { impressions }) => sum + impressions, 0),
  });
  /** The propensities of markets that differ only in their evidence, by row; 0 for those that were never sampled. */
  const propensitiesOf = (policy: ExplorationConfig['policy'], arms: Record<string, Arm>): number[] => {
    const sample = samplerOf({ policy }, { model: modelWith(armsOf(arms)), snapshot: alike });
    const propensities = MARKETS.map(() => 0);
    for (let seed = 0; seed < 400; seed += 1)
      for (const { row, propensity } of sample(seed, 1)) propensities[row] = propensity;
    return propensities;
  };
  const favorite = alike.columns.rowOf('market-5') ?? NaN;

  it.each(LEARNING_POLICIES)('%s prefers the market with more rewards', (policy) => {
    const propensities = propensitiesOf(
      policy,
      Object.fromEntries(
        MARKETS.map(({ id }, index) => [id, { impressions: 400, rewards: index === 5 ? 80 : 8 }]),
      ),
    );
    expect(propensities[favorite]).toBeGreaterThan(0.6);
  });

  it.each(['ucb1', 'thompson', 'linUcb', 'linThompson'] as const)(
    '%s prefers a market that was not explored to equal ones that were',
    (policy) => {
      const propensities = propensitiesOf(
        policy,
        Object.fromEntries(
          MARKETS.filter(({ id }) => id !== 'market-5').map(({ id }) => [
            id,
            { impressions: 400, rewards: 20 },
          ]),
        ),
      );
      const others = propensities.filter((_, row) => row !== favorite);
      expect(propensities[favorite]).toBeGreaterThan(2 * Math.max(...others));
    },
  );

  it('draws again for another version of the model', () => {
    const samples = (version: string) => samplerOf({ policy: 'thompson' }, { model: { ...model, version } });
    const [one, other] = [samples('7'), samples('8')];
    const seeds = Array.from({ length: 30 }, (_, seed) => seed);
    expect(seeds.map((seed) => other(seed, 1))).not.toEqual(seeds.map((seed) => one(seed, 1)));
  });

  it('linear policies follow the topics of the user', () => {
    // Users of sports engage with sports only, and users of politics with politics only.
    const linear = { gram: new Float64Array(GRAM_SIZE), moment: new Float64Array(FEATURES) };
    for (let index = 0; index < 400; index += 1) {
      const [liked, shown] = [index % 2 === 0 ? 'sports' : 'politics', index % 4 < 2 ? 'sports' : 'politics'];
      const topics = [{ kind: 'CATEGORY' as const, key: liked, longTerm: 2, session: 0 }];
      const market = marketVector(marketTopics({ category: shown, tags: [] }), DAY_MS, 0.05, 0.05);
      const reward = liked === shown && index % 3 === 0 ? 1 : 0;
      addImpression(linear, linearFeatures(linearContext(topics, null, NOON_MS), market), reward);
    }
    const trained = modelWith({ ...DEFAULT_MODEL.exploration, linear });
    const shareOfSports = (topic: string): number => {
      const topics = [{ kind: 'CATEGORY' as const, key: topic, longTerm: 2, session: 0 }];
      const request = { model: trained, user: { topics }, country: null };
      const sample = samplerOf({ policy: 'linUcb', epsilon: 0.001, confidence: 0.1 }, request);
      const sampled = Array.from({ length: 50 }, (_, seed) => sample(seed, 1)[0]?.row ?? NaN);
      return sampled.filter((row) => catalog.entries[row]?.market.category === 'Sports').length / 50;
    };
    expect(shareOfSports('sports')).toBe(1);
    expect(shareOfSports('politics')).toBe(0);
  });
});

describe('the draws of Thompson sampling', () => {
  it('have the mean and deviation of the Beta posterior', () => {
    const config = { priorClickRate: 0.05, priorImpressions: 20, draws: 20_000 };
    const arm = { impressions: 100, rewards: 17 };
    const draws = new BetaDraws(
      modelWith({ ...DEFAULT_MODEL.exploration, arms: new Map([['m', arm]]) }),
      config,
    ).of('m');
    const mean = draws.reduce((sum, value) => sum + value, 0) / draws.length;
    const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length;
    const deviation = betaDeviation(betaPosterior(arm, config));
    // (17 + 1) / (100 + 20).
    expect(Math.abs(mean - 0.15)).toBeLessThan((4.5 * deviation) / Math.sqrt(draws.length));
    expect(Math.sqrt(variance) / deviation).toBeCloseTo(1, 1);
  });
});
