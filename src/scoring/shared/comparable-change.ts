/**
 * Size of a probability's change, rounded to 1e-9, for comparing with a threshold and for nothing else:
 * in binary floating point |0.55 − 0.50| is a little more than 0.05, and here it is exactly 0.05.
 *
 * Range 0 to 1.
 */
export function comparableChange(before: number, after: number): number {
  return Math.round(Math.abs(after - before) * 1e9) / 1e9;
}
