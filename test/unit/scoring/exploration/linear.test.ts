import fc from 'fast-check';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { DAY_MS, HOUR_MS } from '../../../../src/lib/time.js';
import {
  addImpression,
  GRAM_SIZE,
  LinearPosterior,
  NO_EVIDENCE,
  type LinearEvidence,
} from '../../../../src/scoring/exploration/linear-evidence.js';
import {
  contextWeights,
  FEATURES,
  linearContext,
  linearFeatures,
  MARKET_SIZE,
  marketTopics,
  marketVector,
  TOPIC_BUCKETS,
} from '../../../../src/scoring/exploration/linear-features.js';
import { evidenceOf } from '../../../support/exploration.js';

const prior = { priorClickRate: 0.05, priorImpressions: 20 };

const dot = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? NaN), 0);

const empty = (): LinearEvidence => ({
  gram: new Float64Array(GRAM_SIZE),
  moment: new Float64Array(FEATURES),
});

/** A vector of features with a single 1. */
const unit = (index: number): Float64Array =>
  Float64Array.from({ length: FEATURES }, (_, at) => (at === index ? 1 : 0));

/** λI + Σ x·xᵀ, in full. */
function fullMatrix({ gram }: LinearEvidence): number[][] {
  const at = (row: number, column: number): number => {
    const [low, high] = row > column ? [column, row] : [row, column];
    return (gram[(high * (high + 1)) / 2 + low] ?? NaN) + (row === column ? prior.priorImpressions : 0);
  };
  return Array.from({ length: FEATURES }, (_, row) =>
    Array.from({ length: FEATURES }, (__, c) => at(row, c)),
  );
}

describe('the posterior of the linear model', () => {
  it('predicts the reward rate of the market without evidence', () => {
    const posterior = new LinearPosterior(NO_EVIDENCE, prior);
    const vector = marketVector(new Float64Array(TOPIC_BUCKETS), DAY_MS, 0.12, 0.05);
    expect(dot(posterior.mean, linearFeatures(linearContext([], 'IL', 0), vector))).toBeCloseTo(0.12, 12);
    expect(posterior.whiten(unit(3))[3]).toBeCloseTo(1 / Math.sqrt(20), 12);
  });

  it('has hand-computed weights and variances after impressions with one feature', () => {
    const evidence = empty();
    // 30 impressions, 12 of them rewarded, with x = 2 for the bias only.
    for (let index = 0; index < 30; index += 1)
      addImpression(
        evidence,
        unit(0).map((value) => 2 * value),
        index < 12 ? 1 : 0,
      );
    const { mean, whiten } = bound(new LinearPosterior(evidence, prior));
    // A = 20 + 30 · 4 = 140, and w = 0.05 + (12 · 2 − 120 · 0.05) / 140.
    expect(mean[0]).toBeCloseTo(0.05 + 18 / 140, 12);
    expect(whiten(unit(0))[0]).toBeCloseTo(1 / Math.sqrt(140), 12);
    // LinUCB: x·w + √(xᵀ·A⁻¹·x) for x = 1.
    expect((mean[0] ?? NaN) + (whiten(unit(0))[0] ?? NaN)).toBeCloseTo(0.178571 + 0.084515, 5);
  });

  it('weighs an impression by its decay', () => {
    const [one, halves] = [empty(), empty()];
    const features = linearFeatures(
      linearContext([], 'IL', 5 * HOUR_MS),
      marketVector(marketTopics({ category: 'a', tags: ['b'] }), DAY_MS, 0.1, 0.05),
    );
    addImpression(one, features, 1);
    for (let half = 0; half < 2; half += 1) addImpression(halves, features, 1, 0.5);
    expect([...halves.gram]).toEqual([...one.gram]);
    expect([...halves.moment]).toEqual([...one.moment]);
  });

  it('solves A · (w − w₀) = Σ r·x − Σ x·xᵀ · w₀, and whitens to the length of xᵀ·A⁻¹·x', () => {
    const rng = xoroshiro128plus(7);
    const { linear } = evidenceOf([], (below) => uniformInt(rng, 0, below - 1));
    const posterior = new LinearPosterior(linear, prior);
    const start = new LinearPosterior(NO_EVIDENCE, prior).mean;
    const matrix = fullMatrix(linear);
    for (const [index, row] of matrix.entries()) {
      // A·w = Σ r·x + λ·w₀.
      const right = (linear.moment[index] ?? NaN) + prior.priorImpressions * (start[index] ?? NaN);
      expect(dot(Float64Array.from(row), posterior.mean)).toBeCloseTo(right, 9);
    }
    // For z = L⁻¹·x: A · L⁻ᵀ·z = x.
    const x = Float64Array.from({ length: FEATURES }, () => uniformInt(rng, -5, 5));
    const solved = posterior.color(posterior.whiten(x));
    for (const [index, row] of matrix.entries())
      expect(dot(Float64Array.from(row), solved)).toBeCloseTo(x[index] ?? NaN, 8);
    expect(dot(posterior.whiten(x), posterior.whiten(x))).toBeCloseTo(dot(x, solved), 8);
  });
});

/** The posterior with its methods as functions. */
const bound = (posterior: LinearPosterior) => ({
  mean: posterior.mean,
  whiten: (vector: Float64Array) => posterior.whiten(vector),
});

describe('the features of the linear model', () => {
  const number = fc.double({ min: -2, max: 2, noNaN: true });

  it('give the same product with weights per market as with weights per feature', () => {
    const weights = fc.array(number, { minLength: FEATURES, maxLength: FEATURES });
    const vector = fc.array(number, { minLength: MARKET_SIZE, maxLength: MARKET_SIZE });
    const topics = fc.array(
      fc.record({
        kind: fc.constantFrom('CATEGORY' as const, 'TAG' as const),
        key: fc.string({ maxLength: 4 }),
        longTerm: number,
        session: fc.constant(0),
      }),
    );
    const country = fc.constantFrom('IL', 'US', 'BR', null);
    fc.assert(
      fc.property(weights, vector, topics, country, fc.nat(DAY_MS), (w, m, of, from, nowMs) => {
        const context = linearContext(of, from, nowMs);
        const market = Float64Array.from(m);
        const all = Float64Array.from(w);
        expect(dot(contextWeights(context, all), market)).toBeCloseTo(
          dot(all, linearFeatures(context, market)),
          9,
        );
      }),
    );
  });

  it('halve the feature of age after a day and after a week', () => {
    const at = (ageMs: number): number[] =>
      [...marketVector(new Float64Array(8), ageMs, 0.05, 0.05)].slice(9);
    expect(at(0)).toEqual([1, 1, 0]);
    expect(at(DAY_MS)).toEqual([0.5, 2 ** (-1 / 7), 0]);
    expect(at(7 * DAY_MS)).toEqual([2 ** -7, 0.5, 0]);
    expect(at(-HOUR_MS)).toEqual([1, 1, 0]);
  });

  it('bound the feature of the reward rate', () => {
    const rateFeature = (rate: number): number | undefined =>
      marketVector(new Float64Array(8), 0, rate, 0.05).at(-1);
    expect(rateFeature(0)).toBe(-1);
    expect(rateFeature(0.1)).toBe(1);
    expect(rateFeature(1)).toBe(3);
  });

  it('have the hour on a circle, topics of length 1, and no negative interest', () => {
    const { sine, cosine, countryAt, topics } = linearContext(
      [
        { kind: 'TAG', key: 'rain', longTerm: 3, session: 1 },
        { kind: 'TAG', key: 'tax', longTerm: -2, session: 0 },
      ],
      null,
      6 * HOUR_MS,
    );
    expect([sine, cosine]).toEqual([1, expect.closeTo(0, 12)]);
    expect(countryAt).toBe(-1);
    expect(dot(topics, topics)).toBeCloseTo(1, 12);
    expect(Math.min(...topics)).toBe(0);
  });
});
