/**
 * How far the odds have moved in a day: `min(1, |p − p 24 h ago| / 0.20)`, 0 when either is unknown.
 *
 * Range 0 to 1. Source: existing site, algorithm v1.
 */
export function risingV1(probability: number | null, probability24hAgo: number | null): number {
  if (probability === null || probability24hAgo === null) return 0;
  return Math.min(1, Math.abs(probability - probability24hAgo) / 0.2);
}
