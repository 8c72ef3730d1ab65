import { z } from 'zod';
import { OUT_OF_RANGE } from './input-problem.js';

/**
 * Tolerance for sums of prices and volumes, which have rounding errors, such as 1.0000002 and −5e-14. A number this close
 * to its bound counts as the bound.
 */
export const ROUNDING = 1e-6;

/** Clamps a number to 0–1; undefined when it is out of range by more than {@link ROUNDING}. */
export function asShare(value: number): number | undefined {
  if (!(value >= -ROUNDING && value <= 1 + ROUNDING)) return undefined;
  return Math.min(1, Math.max(0, value));
}

/** A number from 0 to 1. */
export const share = z.number().transform((value, context) => {
  const inRange = asShare(value);
  if (inRange !== undefined) return inRange;
  context.addIssue({ code: 'custom', message: 'must be 0 to 1', params: OUT_OF_RANGE });
  return z.NEVER;
});

/** More than any amount of money in circulation, and far below where sums of amounts lose precision or overflow. */
export const MAX_AMOUNT = 1e15;

/** An amount, 0 to 1e15. */
export const amount = z
  .number()
  .min(-ROUNDING, 'must be 0 or more')
  .max(MAX_AMOUNT, `must be at most ${MAX_AMOUNT}`)
  .transform((value) => Math.max(0, value));
