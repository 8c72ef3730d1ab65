import { createHash } from 'node:crypto';
import { z } from 'zod';
import { userKeySchema } from '../lib/input/user-key.js';
import {
  clientEventIdSchema,
  idSchema,
  positionSchema,
  sectionSchema,
  type CheckedInteraction,
} from './interaction-input.js';

/** A report of up to 200 markets shown to one user; each item is validated on its own. */
export const impressionsInput = z.object(
  {
    userKey: userKeySchema,
    feedId: idSchema.nullish(),
    clientEventId: clientEventIdSchema.nullish(),
    items: z
      .array(z.unknown(), 'must be a list')
      .min(1, 'must not be empty')
      .max(200, 'must have at most 200 entries'),
  },
  'must be an object',
);

type Report = Omit<z.output<typeof impressionsInput>, 'items'>;

/** An item of a report, as an event. Its idempotency key is derived from that of the report and the market. */
export function impressionItem({ userKey, feedId, clientEventId }: Report): z.ZodType<CheckedInteraction> {
  return z
    .object(
      { marketId: idSchema, section: sectionSchema.nullish(), position: positionSchema.nullish() },
      'must be an object',
    )
    .transform((item) => ({
      ...{ userKey, feedId, ...item, eventType: 'IMPRESSION' as const },
      clientEventId: clientEventId == null ? null : derivedId(clientEventId, item.marketId),
    }));
}

/** 43 characters. */
function derivedId(reportId: string, marketId: string): string {
  return createHash('sha256')
    .update(JSON.stringify([reportId, marketId]))
    .digest('base64url');
}
