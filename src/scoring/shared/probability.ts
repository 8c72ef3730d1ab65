/**
 * Log-odds of a probability, `ln(p / (1 − p))`, with p clamped to [0.01, 0.99]. Without the clamp, moves within the
 * last percent would outweigh all others.
 *
 * Range −4.6 to 4.6; NaN for NaN.
 */
export function logit(probability: number): number {
  const clamped = Math.min(0.99, Math.max(0.01, probability));
  return Math.log(clamped / (1 - clamped));
}

/**
 * Absolute difference of two probabilities or log-odds, rounded to 1e-9. Use it only to compare with a threshold: in
 * binary floating point, |0.55 − 0.50| is slightly above 0.05, and here it is exactly 0.05.
 *
 * 0 or more; NaN for NaN.
 */
export function roundedChange(before: number, after: number): number {
  return Math.round(Math.abs(after - before) * 1e9) / 1e9;
}

/** Clamps a number to [0, 1]. NaN becomes 0, so that an invalid input never reaches a score. */
export function clampToUnit(value: number): number {
  if (value >= 1) return 1;
  return value > 0 ? value : 0;
}
