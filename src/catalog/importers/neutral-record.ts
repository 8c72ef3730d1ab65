import { z } from 'zod';
import { idText } from '../../lib/input/id-text.js';
import { drop, parseWithRepairs, repairText, type Repair } from '../../lib/input/parse-with-repairs.js';
import type { ImportRecord, InteractionDraft, MarketDraft } from './market-draft.js';
import { optionalInstant, optionalText, present } from './record-fields.js';
import { reject, schemaReason } from './reject.js';

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

/** The fields of `MarketInput`; ranges are checked where every market is, not here. */
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
  imageUrl: optionalText,
  url: optionalText,
  status: z
    .enum(['OPEN', 'CLOSED', 'RESOLVED'])
    .nullish()
    .transform((value) => value ?? undefined),
  createdAt: optionalInstant,
  resolvesAt: optionalInstant,
  editorialDescription: optionalText,
  editorialBoost: optionalAmount,
  eventKey: optionalText,
  source: optionalText,
  blockedCountries: optionalTexts,
});

/** What a market can do without; times and numbers must be such, so that a wrong column is noticed. */
const neutralRepairs: Readonly<Record<string, Repair>> = {
  tags: (value) => (Array.isArray(value) ? value.filter((item) => typeof item === 'string') : undefined),
  ...Object.fromEntries(
    ['description', 'category', 'imageUrl', 'url', 'editorialDescription', 'eventKey', 'source'].map(
      (field) => [field, drop],
    ),
  ),
};

/** When an archive's market ended and its price was taken; `--as-of` reads them, they are not kept. */
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

/** One record of the neutral form, which JSON lines and CSV share. */
export function neutralRecord(value: unknown, line: number, raw: string): ImportRecord {
  const kind = typed.safeParse(value);
  if (!kind.success) return reject(line, schemaReason(kind.error), raw);
  return kind.data.type === 'market' ? marketRecord(value, line, raw) : interactionRecord(value, line, raw);
}

function marketRecord(value: unknown, line: number, raw: string): ImportRecord {
  const market = parseWithRepairs(neutralMarket, value, neutralRepairs);
  if (market.error !== undefined) return reject(line, schemaReason(market.error), raw);
  const dates = neutralDates.safeParse(value);
  if (!dates.success) return reject(line, schemaReason(dates.error), raw);
  const draft: MarketDraft = present(market.data);
  const repairs = market.repairs.map(repairText);
  return {
    kind: 'market',
    line,
    market: draft,
    dates: present(dates.data),
    ...(repairs.length > 0 && { repairs }),
  };
}

function interactionRecord(value: unknown, line: number, raw: string): ImportRecord {
  const parsed = neutralInteraction.safeParse(value);
  if (!parsed.success) return reject(line, schemaReason(parsed.error), raw);
  const { context, ...fields } = parsed.data;
  const interaction: InteractionDraft = present(fields);
  if (context !== undefined && context !== null) interaction.context = context;
  return { kind: 'interaction', line, interaction };
}
