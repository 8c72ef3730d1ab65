import type { RankingConfig } from '../config/ranking-schema.js';
import type { ScoreParts } from '../scoring/shared/types.js';
import type { Contribution } from './explanation.js';

type Weights = Readonly<Partial<Record<keyof ScoreParts, number>>>;

/** As `personalSumV1` and `finalSumV1` have them. */
const WEIGHTS_V1: Weights = {
  interest: 0.35,
  similarity: 0.25,
  depth: 0.15,
  freshness: 0.1,
  followup: 0.1,
  negative: -0.1,
  diversity: -0.05,
  trending: 0.4,
  rising: 0.15,
  editorial: 0.05,
  news: 1,
  sports: 1,
};

/** What each part counts, below 0 where it is subtracted. */
export function weightsOf(algorithm: 'v1' | 'v2', weightsV2: RankingConfig['v2']['weights']): Weights {
  return algorithm === 'v1' ? WEIGHTS_V1 : { ...weightsV2, negative: -weightsV2.negative };
}

/**
 * What each part adds to a score, the largest first; they add up to the score. The discount of algorithm v2 is within
 * what the positive parts add. Parts that the score does not have are left out.
 */
export function contributionsTo(
  scores: ScoreParts,
  algorithm: 'v1' | 'v2',
  weightsV2: RankingConfig['v2']['weights'],
): Contribution[] {
  const weights = weightsOf(algorithm, weightsV2);
  const discount = scores.discount ?? 1;
  return (Object.keys(weights) as (keyof ScoreParts)[])
    .flatMap((part): Contribution[] => {
      const value = scores[part];
      const weight = weights[part] ?? 0;
      if (value === null || weight === 0) return [];
      return [{ part, value, weight, adds: weight * value * (weight > 0 ? discount : 1) }];
    })
    .sort((a, b) => Math.abs(b.adds) - Math.abs(a.adds));
}
