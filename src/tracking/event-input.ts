import { createHash } from 'node:crypto';
import { z } from 'zod';
import { EVENT_TYPES } from '../domain/event.js';
import { countrySchema } from '../lib/input/country.js';
import {
  idText,
  isStorableInstant,
  isStorableText,
  NOT_STORABLE,
  storableText,
  userKeySchema,
} from '../lib/input/text-schemas.js';
import { OUT_OF_RANGE, TOO_LONG } from '../lib/input/input-problem.js';
import { MAX_AMOUNT } from '../lib/input/rounded-numbers.js';

/** The sections of a page that display markets. */
export const FEED_SECTIONS = ['HERO', 'GRID', 'STREAM', 'SEARCH', 'OTHER'] as const;

/** Maximum number of events of a batch, and of impressions of a report. */
export const MAX_EVENTS = 500;
export const MAX_IMPRESSIONS = 200;

/** Maximum lengths in UTF-16 code units. */
export const MAX_IDENTIFIER_LENGTH = 128;
export const MAX_CLIENT_EVENT_ID_LENGTH = 64;

/** An identifier chosen by a client, 1–128 characters. */
const identifierSchema = storableText
  .min(1, 'must not be empty')
  .max(MAX_IDENTIFIER_LENGTH, `must have at most ${MAX_IDENTIFIER_LENGTH} characters`);

/** An id of the API's type `ID`, which a client may also send as a whole number. */
const idSchema = idText.pipe(identifierSchema);

/** The idempotency key of an event or of a report. */
const clientEventIdSchema = storableText
  .min(1, 'must not be empty')
  .max(MAX_CLIENT_EVENT_ID_LENGTH, `must have at most ${MAX_CLIENT_EVENT_ID_LENGTH} characters`);

const sectionSchema = z.enum(FEED_SECTIONS, { error: `must be one of ${FEED_SECTIONS.join(', ')}` });

const positionSchema = z
  .number('must be a number')
  .int('must be a whole number')
  .min(0, 'must be 0 or more')
  .max(2_147_483_647, 'must be at most 2,147,483,647');

/** Milliseconds. Browsers measure fractions, which are rounded. */
const dwellSchema = z
  .number('must be a number')
  .min(0, 'must be 0 or more')
  .max(86_400_000, 'must be at most 86,400,000 (24 hours)')
  .transform((dwellMs) => Math.round(dwellMs));

const instantSchema = z
  .union([z.date(), z.iso.datetime({ offset: true }).transform((text) => new Date(text))], {
    error: 'must be an ISO 8601 date and time with a time zone, such as 2026-06-15T12:00:00Z',
  })
  .refine(isStorableInstant, { error: 'must be in the years 1 to 9999', params: OUT_OF_RANGE });

/** Maximum size of `context` as JSON. */
export const MAX_CONTEXT_BYTES = 4_096;
const CONTEXT_TOO_LARGE = `must be at most ${MAX_CONTEXT_BYTES.toLocaleString('en')} bytes of JSON`;

/** A JSON object of at most 4,096 bytes, stored with the event and not interpreted. */
const contextSchema = z
  .record(z.string(), z.unknown(), { error: 'must be a JSON object' })
  .superRefine((context, check) => {
    const message = contextError(context);
    if (message === undefined) return;
    check.addIssue({ code: 'custom', message, params: message === CONTEXT_TOO_LARGE ? TOO_LONG : {} });
  });

/** Iterative: an imported file, unlike a request, may nest deeper than the call stack. */
function contextError(context: Readonly<Record<string, unknown>>): string | undefined {
  const rest: unknown[] = [context];
  for (let seen = 0; rest.length > 0; seen++) {
    // Each value takes at least one byte, so more values than bytes exceed the limit.
    if (seen > MAX_CONTEXT_BYTES) return CONTEXT_TOO_LARGE;
    const value = rest.pop();
    if (typeof value === 'string' && !isStorableText(value)) return NOT_STORABLE;
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      if (!isStorableText(key)) return NOT_STORABLE;
      rest.push(inner);
    }
  }
  return Buffer.byteLength(JSON.stringify(context)) <= MAX_CONTEXT_BYTES ? undefined : CONTEXT_TOO_LARGE;
}

/** A batch of up to 500 events; each is validated on its own. */
export const interactionBatch = z
  .array(z.unknown(), 'must be a list')
  .min(1, 'must not be empty')
  .max(MAX_EVENTS, `must have at most ${MAX_EVENTS} entries`);

/** The input of `trackInteractions`. */
export const interactionsInput = z.object({ interactions: interactionBatch }, 'must be an object');

/** One event of a client. */
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
    error: 'is allowed only for PARTICIPATE',
  });

export type ValidInteraction = z.output<typeof interactionInput>;

export type InteractionInput = z.input<typeof interactionInput>;

/** A report of the impressions of one user, up to 200 items; each is validated on its own. */
export const impressionsInput = z.object(
  {
    userKey: userKeySchema,
    feedId: idSchema.nullish(),
    clientEventId: clientEventIdSchema.nullish(),
    items: z
      .array(z.unknown(), 'must be a list')
      .min(1, 'must not be empty')
      .max(MAX_IMPRESSIONS, `must have at most ${MAX_IMPRESSIONS} entries`),
  },
  'must be an object',
);

type Report = Omit<z.output<typeof impressionsInput>, 'items'>;

/** Parses an item of a report to an event. Its idempotency key is derived from that of the report and the market. */
export function impressionItem({ userKey, feedId, clientEventId }: Report): z.ZodType<ValidInteraction> {
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
