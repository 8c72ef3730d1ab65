import { z } from 'zod';
import { countrySchema } from '../input/country.js';
import { userKeySchema } from '../input/user-key.js';

const MAX_LIMIT = 100;

/** Whose feed, from where, how long. */
export const feedRequest = z.object({
  userKey: userKeySchema.nullish(),
  country: countrySchema.nullish(),
  limit: z
    .number()
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(MAX_LIMIT, `must be at most ${MAX_LIMIT}`)
    .default(20),
});
