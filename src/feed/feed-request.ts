import { z } from 'zod';
import { countrySchema } from '../lib/input/country.js';
import { userKeySchema } from '../lib/input/user-key.js';

const MAX_LIMIT = 100;

const howMany = z
  .number()
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(MAX_LIMIT, `must be at most ${MAX_LIMIT}`);

/** The ranking to use instead of the one that the config chooses. */
export const algorithmSchema = z.enum(['v1', 'v2']).nullish();

/** Whose feed, from where, how long. */
export const feedRequest = z.object({
  userKey: userKeySchema.nullish(),
  country: countrySchema.nullish(),
  limit: howMany.default(20),
  algorithm: algorithmSchema,
});

const feedId = z.uuid('must be the id of a feed');

/** Which feed to go on in, after which place, how far. */
export const feedPageRequest = z.object({
  feedId,
  after: z.number().int('must be a whole number').min(0, 'must be 0 or more').nullish(),
  first: howMany.default(20),
});

export const explainRequest = z.object({ feedId });
