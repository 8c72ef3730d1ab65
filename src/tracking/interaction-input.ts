import { z } from 'zod';
import { countrySchema } from '../lib/input/country.js';
import { idText } from '../lib/input/id-text.js';
import { MAX_AMOUNT } from '../lib/input/rounded-numbers.js';
import { isStorableInstant, storableText } from '../lib/input/storable.js';
import { userKeySchema } from '../lib/input/user-key.js';
import { EVENT_TYPES } from '../domain/event.js';
import { contextSchema } from './event-context.js';

/** The parts of a page that show markets. */
export const FEED_SECTIONS = ['HERO', 'GRID', 'STREAM', 'SEARCH', 'OTHER'] as const;

/** Text that a client chose as an id, 1–128 characters. */
const identifierSchema = storableText
  .min(1, 'must not be empty')
  .max(128, 'must have at most 128 characters');

/** An id of the API's type `ID`, which a client may also send as a whole number. */
export const idSchema = idText.pipe(identifierSchema);

/** The idempotency key of an event or of a report. */
export const clientEventIdSchema = storableText
  .min(1, 'must not be empty')
  .max(64, 'must have at most 64 characters');

export const sectionSchema = z.enum(FEED_SECTIONS, { error: `must be one of ${FEED_SECTIONS.join(', ')}` });

export const positionSchema = z
  .number('must be a number')
  .int('must be a whole number')
  .min(0, 'must be 0 or more')
  .max(2_147_483_647, 'must be at most 2,147,483,647');

/** Milliseconds. Browsers measure fractions, which are rounded. */
const dwellSchema = z
  .number('must be a number')
  .min(0, 'must be 0 or more')
  .max(86_400_000, 'must be at most 86,400,000, a day')
  .transform((dwellMs) => Math.round(dwellMs));

const instantSchema = z
  .union([z.date(), z.iso.datetime({ offset: true }).transform((text) => new Date(text))], {
    error: 'must be an instant in ISO 8601 with a time and a zone, such as 2026-06-15T12:00:00Z',
  })
  .refine(isStorableInstant, 'must be in the years 1 to 9999');

/** A batch of up to 500 events; each is validated on its own. */
export const interactionBatch = z
  .array(z.unknown(), 'must be a list')
  .min(1, 'must not be empty')
  .max(500, 'must have at most 500 entries');

/** One event as a client reports it. */
export const interactionInput = z
  .object(
    {
      userKey: userKeySchema,
      marketId: idSchema,
      eventType: z.enum(EVENT_TYPES, { error: `must be one of ${EVENT_TYPES.join(', ')}` }),
      dwellMs: dwellSchema.nullish(),
      section: sectionSchema.nullish(),
      position: positionSchema.nullish(),
      country: countrySchema.nullish(),
      occurredAt: instantSchema.nullish(),
      sessionId: identifierSchema.nullish(),
      feedId: idSchema.nullish(),
      stake: z
        .number('must be a number')
        .positive('must be above 0')
        .max(MAX_AMOUNT, `must be at most ${MAX_AMOUNT}`)
        .nullish(),
      context: contextSchema.nullish(),
      clientEventId: clientEventIdSchema.nullish(),
    },
    'must be an object',
  )
  .refine(({ eventType, stake }) => stake == null || eventType === 'PARTICIPATE', {
    path: ['stake'],
    error: 'is only for PARTICIPATE',
  });

export type CheckedInteraction = z.output<typeof interactionInput>;

export type InteractionInput = z.input<typeof interactionInput>;
