import { z } from 'zod';

/** Maximum number of items of a page. */
export const MAX_LIMIT = 100;

/** Number of items of a page without a requested number. */
export const DEFAULT_LIMIT = 20;

/** The requested number of items of a page, 1–100; 20 if it is null or absent. */
export const countOrDefault = z
  .number()
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(MAX_LIMIT, `must be at most ${MAX_LIMIT}`)
  .nullish()
  .transform((given) => given ?? DEFAULT_LIMIT);
