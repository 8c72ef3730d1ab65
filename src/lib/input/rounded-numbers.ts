import { z } from 'zod';

/**
 * Sums of prices and volumes are a little off, such as 1.0000002 and −5e-14: a number this close to its bound counts as
 * the bound.
 */
export const ROUNDING = 1e-6;

/** The number as a share, 0–1; undefined when it is further off than rounding explains. */
export function asShare(value: number): number | undefined {
  if (!(value >= -ROUNDING && value <= 1 + ROUNDING)) return undefined;
  return Math.min(1, Math.max(0, value));
}

/** A number from 0 to 1. */
export const share = z.number().transform((value, context) => {
  const inRange = asShare(value);
  if (inRange !== undefined) return inRange;
  context.addIssue({ code: 'custom', message: 'must be 0 to 1' });
  return z.NEVER;
});

/** More than any sum of money in circulation, and far from where sums of amounts lose precision or overflow. */
export const MAX_AMOUNT = 1e15;

/** An amount, 0 to 1e15. */
export const amount = z
  .number()
  .min(-ROUNDING, 'must be 0 or more')
  .max(MAX_AMOUNT, `must be at most ${MAX_AMOUNT}`)
  .transform((value) => Math.max(0, value));
