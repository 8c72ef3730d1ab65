/**
 * The log-odds of a probability, `ln(p / (1 − p))`, with p clamped to [0.01, 0.99], so that the last percent on
 * either side does not outweigh everything else.
 *
 * Range −4.6 to 4.6; NaN for NaN.
 */
export function logit(probability: number): number {
  const clamped = Math.min(0.99, Math.max(0.01, probability));
  return Math.log(clamped / (1 - clamped));
}
