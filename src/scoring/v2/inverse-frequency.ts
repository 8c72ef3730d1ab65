/**
 * How much it says of a market to have something that `having` of all markets have: `ln(1 + all / having)`. What no
 * market has says as much as what a single one has.
 *
 * Above 0; ln 2 for what every market has. Source: Spärck Jones 1972, "A statistical interpretation of term
 * specificity", smoothed.
 */
export function inverseFrequency(all: number, having: number): number {
  return Math.log(1 + Math.max(1, all) / Math.max(1, having));
}
