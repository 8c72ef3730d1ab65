import { logit } from '../v2/logit.js';

/**
 * How much a market is on the move, before it is set against the others:
 * `ln(1 + volume24h) · |logit(p) − logit(p 24 h ago)|`, with p held within [0.01, 0.99].
 *
 * 0 or more; 0 when one of the probabilities is unknown (NaN).
 */
export function risingStrength(volume24h: number, probability: number, probability24hAgo: number): number {
  const strength =
    Math.log1p(Math.max(0, volume24h)) * Math.abs(logit(probability) - logit(probability24hAgo));
  return Number.isFinite(strength) ? strength : 0;
}

/** Strengths divided by the largest: 0–1. */
export function risingColumn(strengths: Float64Array): Float64Array {
  let largest = 0;
  for (const strength of strengths) if (strength > largest) largest = strength;
  return largest === 0 ? strengths : strengths.map((strength) => strength / largest);
}
