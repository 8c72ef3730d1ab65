import { z } from 'zod';
import { userKeySchema } from '../input/user-key.js';
import { idSchema, positionSchema, sectionSchema, type CheckedInteraction } from './interaction-input.js';

/** A report of up to 200 markets shown to one user; each item is validated on its own. */
export const impressionsInput = z.object(
  {
    userKey: userKeySchema,
    feedId: idSchema.nullish(),
    items: z
      .array(z.unknown(), 'must be a list')
      .min(1, 'must not be empty')
      .max(200, 'must have at most 200 entries'),
  },
  'must be an object',
);

type Report = Pick<z.output<typeof impressionsInput>, 'userKey' | 'feedId'>;

/** An item of a report, as an event. */
export function impressionItem({ userKey, feedId }: Report): z.ZodType<CheckedInteraction> {
  return z
    .object(
      { marketId: idSchema, section: sectionSchema.nullish(), position: positionSchema.nullish() },
      'must be an object',
    )
    .transform((item) => ({ userKey, feedId, ...item, eventType: 'IMPRESSION' as const }));
}
