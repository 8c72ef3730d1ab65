import { describe, expect, it } from 'vitest';
import { loadRankingConfig } from '../../../src/config/ranking-config.js';
import {
  evaluate,
  halfOf,
  type Evaluation,
  type EvaluationOptions,
} from '../../../src/evaluation/evaluate.js';
import { MINUTE_MS } from '../../../src/lib/time.js';
import { archived, archiveOf, interaction, minute, START_MS, type Past } from '../../support/archive.js';

const config = loadRankingConfig(undefined);
const defaults: EvaluationOptions = {
  algorithms: ['recency'],
  split: 0,
  k: 2,
  limitUsers: undefined,
  half: undefined,
  leaveKnownOut: false,
  seed: 1,
  resamples: 100,
};

function evaluated(past: Past, options: Partial<EvaluationOptions> = {}): Evaluation {
  const steps = evaluate(archiveOf(past).archive, config, { ...defaults, ...options });
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}

// Newest first: d, c, b, a.
const markets = ['a', 'b', 'c', 'd'].map((id, index) =>
  archived(id, { createdAt: minute(index), category: id < 'c' ? 'Politics' : 'Sports' }),
);

describe('an evaluation', () => {
  it('matches a hand calculation of the means over interactions', () => {
    const { results, counts } = evaluated({
      markets,
      interactions: [
        interaction('u', 'd', minute(10)), // rank 1
        interaction('u', 'c', minute(11)), // rank 2
        interaction('v', 'a', minute(12)), // rank 4
      ],
    });
    const result = results[0]?.result;
    expect(result?.ndcg.value).toBeCloseTo((1 + 1 / Math.log2(3)) / 3, 12);
    expect(result?.hitRate.value).toBeCloseTo(2 / 3, 12);
    expect(result?.mrr.value).toBeCloseTo((1 + 1 / 2 + 1 / 4) / 3, 12);
    // Of the four markets, only d and c were among the first two, and both are in one category.
    expect(result?.coverage).toBe(0.5);
    expect(result?.diversity.value).toBe(0);
    expect(counts).toEqual({
      interactions: 3,
      users: 2,
      ofNewUsers: 2,
      meanCandidates: 4,
      distinctCandidates: 4,
    });
  });

  it('splits at the quantile of interactions by time', () => {
    const interactions = Array.from({ length: 10 }, (_, index) =>
      interaction(`u${index}`, 'a', minute(20 + index)),
    );
    const { period, counts } = evaluated({ markets, interactions }, { split: 0.8 });
    expect(period).toEqual({
      fromMs: START_MS + 20 * MINUTE_MS,
      splitAtMs: START_MS + 28 * MINUTE_MS,
      toMs: START_MS + 29 * MINUTE_MS,
    });
    expect(counts.interactions).toBe(2);
  });

  it('samples distinct users, the same ones for the same seed', () => {
    const interactions = Array.from({ length: 60 }, (_, index) =>
      interaction(`u${index % 20}`, ['a', 'b', 'c'][Math.floor(index / 20)] ?? 'a', minute(20 + index)),
    );
    const of = (limitUsers: number, seed = 1) => evaluated({ markets, interactions }, { limitUsers, seed });
    expect(of(5).counts).toMatchObject({ interactions: 15, users: 5 });
    expect(of(5).skipped).toMatchObject({ notSampled: 45 });
    expect(of(5)).toEqual(of(5));
    expect(of(99).counts).toMatchObject({ interactions: 60, users: 20 });
  });

  it('is the same on every run, including the intervals', () => {
    const interactions = Array.from({ length: 40 }, (_, index) =>
      interaction(`u${Math.floor(index / 4)}`, ['a', 'b', 'c', 'd'][index % 4] ?? 'a', minute(20 + index)),
    );
    const algorithms = ['random', 'popularity', 'recency', 'v1', 'v2'] as const;
    const run = () => evaluated({ markets, interactions }, { algorithms, split: 0.2 });
    expect(run()).toEqual(run());
    expect(run().results.map(({ algorithm }) => algorithm)).toEqual(algorithms);
    expect(run().results[0]?.result.ndcg.interval).not.toBeNull();
  });

  it('throws OperatorError for an archive without interactions to evaluate', () => {
    expect(() => evaluated({ markets, interactions: [] })).toThrow(
      'The archive has no interactions to evaluate.',
    );
    const onlyShown = [interaction('u', 'a', minute(9), { eventType: 'IMPRESSION' })];
    expect(() => evaluated({ markets, interactions: onlyShown })).toThrow(
      /No interaction after the split can be evaluated/,
    );
  });
});

describe('half of the users', () => {
  it('has about 50% of them', () => {
    const inA = Array.from({ length: 10_000 }, (_, index) => halfOf(`person-${index}`)).filter(
      (half) => half === 'a',
    );
    expect(Math.abs(inA.length - 5_000)).toBeLessThan(200);
  });

  it('always has the same users', () => {
    // The first bytes of these keys' SHA-256 are ba, 3e and 49.
    expect(['abc', 'b', 'ann'].map(halfOf)).toEqual(['a', 'a', 'b']);
  });
});
