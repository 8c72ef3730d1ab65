import { logit } from './v2/logit.js';

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

/** The same for many markets, by row, divided by the largest: 0–1. */
export function risingColumn(
  volume24h: Float64Array,
  probability: Float64Array,
  probability24hAgo: Float64Array,
): Float64Array {
  const rising = new Float64Array(probability.length);
  let largest = 0;
  for (let row = 0; row < rising.length; row += 1) {
    const strength = risingStrength(
      volume24h[row] as number,
      probability[row] as number,
      probability24hAgo[row] as number,
    );
    rising[row] = strength;
    if (strength > largest) largest = strength;
  }
  if (largest > 0)
    for (let row = 0; row < rising.length; row += 1) rising[row] = (rising[row] as number) / largest;
  return rising;
}
