import type { HeldConstants } from './constants.js';
import { daysSince, halving } from './halving.js';
import type { HeldV2 } from './user-v2.js';

/**
 * What is left of a market's score once the person has had to do with it: the smaller of two, for having traded in it and
 * for having opened it, each `1 − loss · 2^(−days since / halfLife)`. A feed is for finding markets; what a person holds,
 * they find without it. For a market that changed enough since they looked, the caller takes 1 instead.
 *
 * Range 0 to 1, rising with time. Source: algorithm v2, where the loss of a trade ended after a day.
 */
export function heldFactor(
  { tradedAtMs, openedAtMs }: Pick<HeldV2, 'tradedAtMs' | 'openedAtMs'>,
  nowMs: number,
  { traded, tradedHalfLifeDays, opened, openedHalfLifeDays }: HeldConstants,
): number {
  return Math.min(
    1 - lossAfter(tradedAtMs, nowMs, traded, tradedHalfLifeDays),
    1 - lossAfter(openedAtMs, nowMs, opened, openedHalfLifeDays),
  );
}

function lossAfter(atMs: number, nowMs: number, loss: number, halfLifeDays: number): number {
  return Number.isNaN(atMs) ? 0 : loss * halving(daysSince(atMs, nowMs), halfLifeDays);
}
