import { z } from 'zod';
import { userKeySchema } from '../input/user-key.js';
import { identifierSchema, positionSchema, sectionSchema } from './interaction-input.js';

/** What a caller says of the markets that a person was shown. */
export const impressionsInput = z.object({
  userKey: userKeySchema,
  feedId: identifierSchema.nullish(),
  items: z
    .array(
      z.object({
        marketId: identifierSchema,
        section: sectionSchema.nullish(),
        position: positionSchema.nullish(),
      }),
    )
    .min(1, 'must not be empty')
    .max(200, 'must have at most 200 entries'),
});
