import { z } from 'zod';
import { countrySchema } from '../input/country.js';
import { isStorableInstant, storableText } from '../input/storable.js';
import { userKeySchema } from '../input/user-key.js';
import { EVENT_TYPES } from '../scoring/event-weight.js';
import { contextSchema } from './event-context.js';

/** The parts of a page that show markets. */
export const FEED_SECTIONS = ['HERO', 'GRID', 'STREAM', 'SEARCH', 'OTHER'] as const;

/** An id that a caller chose. */
export const identifierSchema = storableText
  .min(1, 'must not be empty')
  .max(128, 'must have at most 128 characters');

export const sectionSchema = z.enum(FEED_SECTIONS, { error: `must be one of ${FEED_SECTIONS.join(', ')}` });

export const positionSchema = z
  .number()
  .int('must be a whole number')
  .min(0, 'must be 0 or more')
  .max(2_147_483_647, 'must be at most 2,147,483,647');

/** Up to 500 events, each still to be judged. */
export const interactionBatch = z
  .array(z.unknown())
  .min(1, 'must not be empty')
  .max(500, 'must have at most 500 entries');

/** What a caller says of an event. */
export const interactionInput = z
  .object({
    userKey: userKeySchema,
    marketId: identifierSchema,
    eventType: z.enum(EVENT_TYPES, { error: `must be one of ${EVENT_TYPES.join(', ')}` }),
    dwellMs: z
      .number()
      .int('must be a whole number')
      .min(0, 'must be 0 or more')
      .max(86_400_000, 'must be at most 86,400,000, a day')
      .nullish(),
    section: sectionSchema.nullish(),
    position: positionSchema.nullish(),
    country: countrySchema.nullish(),
    occurredAt: z
      .union([z.date(), z.iso.datetime({ offset: true }).transform((text) => new Date(text))], {
        error: 'must be an ISO 8601 instant',
      })
      .refine(isStorableInstant, 'must be in the years 1 to 9999')
      .nullish(),
    sessionId: identifierSchema.nullish(),
    feedId: identifierSchema.nullish(),
    stake: z.number().positive('must be above 0').nullish(),
    context: contextSchema.nullish(),
    clientEventId: storableText
      .min(1, 'must not be empty')
      .max(64, 'must have at most 64 characters')
      .nullish(),
  })
  .refine(({ eventType, stake }) => stake == null || eventType === 'PARTICIPATE', {
    path: ['stake'],
    error: 'is only for PARTICIPATE',
  });

export type InteractionInput = z.input<typeof interactionInput>;
export type CheckedInteraction = z.output<typeof interactionInput>;
