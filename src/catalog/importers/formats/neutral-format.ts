import type { Readable } from 'node:stream';
import { z } from 'zod';
import { idText } from '../../../lib/input/text-schemas.js';
import { MARKET_STATUSES } from '../../../domain/market.js';
import { isTooDeep, MAX_JSON_DEPTH } from '../../../lib/input/json-depth.js';
import { errorMessage } from '../../../lib/errors.js';
import { drop, parseWithRepairs, repairText, type Repair } from '../../../lib/input/parse-with-repairs.js';
import {
  rejectRecord,
  schemaReason,
  type ImportRecord,
  type InteractionDraft,
  type MarketDraft,
} from './import-record.js';
import { optionalInstant, optionalText, present } from './record-fields.js';
import {
  decodeText,
  hasInvalidBytes,
  INVALID_BYTES_REASON,
  MAX_LINE_LENGTH,
  textLines,
  withLineFeeds,
} from './text-stream.js';

const requiredText = z.string().trim().min(1, 'is empty');
const requiredId = idText.pipe(requiredText);
const optionalAmount = z
  .number()
  .nullish()
  .transform((value) => value ?? undefined);
const optionalTexts = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? undefined);

/** The fields of `MarketInput`. Their ranges are validated later, as for every market. */
const neutralMarket = z.object({
  id: requiredId,
  title: requiredText,
  description: optionalText,
  category: optionalText,
  tags: optionalTexts,
  probability: z.number().nullish(),
  volume24h: optionalAmount,
  volumeTotal: optionalAmount,
  participantCount: optionalAmount,
  volumeUnit: optionalText,
  imageUrl: optionalText,
  url: optionalText,
  status: z
    .enum(MARKET_STATUSES)
    .nullish()
    .transform((value) => value ?? undefined),
  createdAt: optionalInstant,
  closesAt: optionalInstant,
  resolvesAt: optionalInstant,
  resolvedAt: optionalInstant,
  asOf: optionalInstant,
  editorialDescription: optionalText,
  editorialBoost: optionalAmount,
  eventKey: optionalText,
  source: optionalText,
  blockedCountries: optionalTexts,
});

/** Optional texts and tags are repaired. Invalid times and numbers reject the record, so that a wrong column is noticed. */
const neutralRepairs: Readonly<Record<string, Repair>> = {
  tags: (value) => (Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined),
  ...Object.fromEntries(
    [
      ...['description', 'category', 'volumeUnit', 'imageUrl', 'url', 'editorialDescription'],
      ...['eventKey', 'source'],
    ].map((field) => [field, drop]),
  ),
};

/** Dates that `--as-of` reads. `closedAt` and `pricedAt` are not stored. */
const neutralDates = z.object({
  closedAt: optionalInstant,
  resolvedAt: optionalInstant,
  pricedAt: optionalInstant,
});

const neutralInteraction = z.object({
  userKey: requiredText,
  marketId: requiredId,
  eventType: requiredText,
  occurredAt: optionalInstant.transform((value, context) => {
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: 'is missing' });
    return z.NEVER;
  }),
  dwellMs: optionalAmount,
  section: optionalText,
  position: optionalAmount,
  country: optionalText,
  sessionId: optionalText,
  feedId: optionalText,
  stake: optionalAmount,
  context: z.record(z.string(), z.unknown()).nullish(),
  clientEventId: optionalText,
});

const typed = z.object({ type: z.enum(['market', 'interaction']) });

/** Parts of an export that an import leaves out. */
const exported = z.object({ type: z.enum(['price', 'slate']) });

/** A line of a `jsonl` sink. Its user, a pseudonym or a key, is the user key of the interaction. */
const sinkEvent = z.looseObject({ interactionId: z.string(), user: z.string(), eventType: z.string() });

/** Events of sinks that are no interactions. */
const NOTICES = new Set(['USER_ERASED', 'USER_MERGED']);

/**
 * Reads the neutral format as JSON lines: one object per line, `{"type":"market",…}` or `{"type":"interaction",…}`, in any
 * order, or the lines of a `jsonl` sink. Skips blank lines.
 */
export async function* readJsonLines(bytes: Readable, encoding?: string): AsyncGenerator<ImportRecord> {
  for await (const { line, text, isTooLong } of textLines(withLineFeeds(decodeText(bytes, encoding)))) {
    if (isTooLong) yield rejectRecord(line, `the line is longer than ${MAX_LINE_LENGTH} characters`, text);
    else if (hasInvalidBytes(text)) yield rejectRecord(line, INVALID_BYTES_REASON, text);
    else if (text.trim() !== '') yield lineRecord(line, text);
  }
}

function lineRecord(line: number, text: string): ImportRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return rejectRecord(line, `the line is not JSON: ${errorMessage(error)}`, text);
  }
  if (isTooDeep(value)) return rejectRecord(line, `is nested more than ${MAX_JSON_DEPTH} levels deep`, text);
  return neutralRecord(value, line, text);
}

/** Parses one record of the neutral format, which JSON lines and CSV share. */
export function neutralRecord(value: unknown, line: number, raw: string): ImportRecord {
  const sent = sinkEvent.safeParse(value);
  if (sent.success) {
    const { interactionId, user, ...event } = sent.data;
    if (NOTICES.has(event.eventType)) return { kind: 'skipped', line };
    const clientEventId = event['clientEventId'] ?? interactionId;
    return interactionRecord({ ...event, userKey: user, clientEventId }, line, raw);
  }
  if (exported.safeParse(value).success) return { kind: 'skipped', line };
  const kind = typed.safeParse(value);
  if (!kind.success) return rejectRecord(line, schemaReason(kind.error), raw);
  return kind.data.type === 'market' ? marketRecord(value, line, raw) : interactionRecord(value, line, raw);
}

function marketRecord(value: unknown, line: number, raw: string): ImportRecord {
  const market = parseWithRepairs(neutralMarket, value, neutralRepairs);
  if (market.error !== undefined) return rejectRecord(line, schemaReason(market.error), raw);
  const dates = neutralDates.safeParse(value);
  if (!dates.success) return rejectRecord(line, schemaReason(dates.error), raw);
  const draft: MarketDraft = present(market.data);
  const repairs = market.repairs.map(repairText);
  return {
    kind: 'market',
    line,
    market: draft,
    dates: present({ ...dates.data, pricedAt: dates.data.pricedAt ?? draft.asOf }),
    ...(repairs.length > 0 && { repairs }),
  };
}

function interactionRecord(value: unknown, line: number, raw: string): ImportRecord {
  const parsed = neutralInteraction.safeParse(value);
  if (!parsed.success) return rejectRecord(line, schemaReason(parsed.error), raw);
  const { context, ...fields } = parsed.data;
  const interaction: InteractionDraft = present(fields);
  if (context !== undefined && context !== null) interaction.context = context;
  return { kind: 'interaction', line, interaction };
}
