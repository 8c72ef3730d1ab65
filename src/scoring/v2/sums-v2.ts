import type { V2Constants } from './constants.js';

type Weights = V2Constants['weights'];

/**
 * A person's part of a score, by algorithm v2: the weighted sum of its positive parts. What the person dislikes is not
 * in it; `finalSumV2` subtracts that.
 *
 * Range 0 to the sum of the weights.
 */
export function personalSumV2(
  weights: Weights,
  interest: number,
  similarity: number,
  continuity: number,
  depth: number,
  followup: number,
): number {
  return (
    weights.interest * interest +
    weights.similarity * similarity +
    weights.continuity * continuity +
    weights.depth * depth +
    weights.followup * followup
  );
}

/**
 * What of a score does not depend on the person, by algorithm v2: the weighted sum of the other positive parts.
 *
 * Range 0 to the sum of the weights.
 */
export function impersonalSumV2(
  weights: Weights,
  trending: number,
  rising: number,
  editorial: number,
  news: number,
  sports: number,
  closing: number,
  freshness: number,
): number {
  return withFreshnessV2(
    weights,
    steadySumV2(weights, trending, rising, editorial, news, sports, closing),
    freshness,
  );
}

/** The same without freshness, the only one of these parts that is another at every instant. */
export function steadySumV2(
  weights: Weights,
  trending: number,
  rising: number,
  editorial: number,
  news: number,
  sports: number,
  closing: number,
): number {
  return (
    weights.trending * trending +
    weights.rising * rising +
    weights.editorial * editorial +
    weights.news * news +
    weights.sports * sports +
    weights.closing * closing
  );
}

/** The impersonal sum, of what `steadySumV2` gave. */
export function withFreshnessV2(weights: Weights, steady: number, freshness: number): number {
  return steady + weights.freshness * freshness;
}

/**
 * A score, by algorithm v2: `discount · (personal + impersonal) − weight · negative`. With nobody, personal and
 * negative are 0 and discount is 1.
 *
 * Source: algorithm v2.
 */
export function finalSumV2(
  weights: Weights,
  discount: number,
  personal: number,
  impersonal: number,
  negative: number,
): number {
  return discount * (personal + impersonal) - weights.negative * negative;
}
