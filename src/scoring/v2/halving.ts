const DAY_MS = 86_400_000;

/** Days from one instant to a later one; 0 for one that is not later, or when an instant is not a number. */
export function daysSince(earlierMs: number, nowMs: number): number {
  const days = (nowMs - earlierMs) / DAY_MS;
  return days > 0 ? days : 0;
}

/** `2^(−n)` for n from 0 on. */
const POWERS = Float64Array.from({ length: 1_001 }, (_, n) => 2 ** -n);

/**
 * `2^(−elapsed / halfLife)`, both in the same unit, for an elapsed time of 0 and more and a half-life above 0.
 *
 * Range 0 to 1. Correct to 3e-13 of the result, and exact for whole half-lives: the whole ones from a table, what is
 * left by the series of e^x up to its tenth power. A catalog asks for one of these for each market, and `Math.exp`
 * takes twice as long; besides, the result is the same on every machine.
 */
export function halving(elapsed: number, halfLife: number): number {
  const halvings = elapsed / halfLife;
  if (halvings > 1_000) return 0;
  const whole = Math.floor(halvings + 0.5);
  const x = (whole - halvings) * Math.LN2;
  return (POWERS[whole] as number) * series(x);
}

/** `Σ x^n / n!` up to n = 10, for |x| ≤ ln(2) / 2. */
function series(x: number): number {
  const high =
    1 / 120 + x * (1 / 720 + x * (1 / 5_040 + x * (1 / 40_320 + x * (1 / 362_880 + x * (1 / 3_628_800)))));
  return 1 + x * (1 + x * (1 / 2 + x * (1 / 6 + x * (1 / 24 + x * high))));
}
