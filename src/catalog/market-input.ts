import { z } from 'zod';
import { countrySchema } from '../lib/input/country.js';
import {
  hasDisplayControls,
  NO_DISPLAY_CONTROLS,
  onOneLine,
  VISIBLE,
} from '../lib/input/control-characters.js';
import { idText } from '../lib/input/id-text.js';
import { parseWithRepairs, type RepairNote } from '../lib/input/parse-with-repairs.js';
import { amount, ROUNDING, share } from '../lib/input/rounded-numbers.js';
import { isStorableInstant, storableText } from '../lib/input/storable.js';
import type { MarketRecord, MarketStatus } from '../domain/market.js';
import { topicKey } from '../domain/market.js';
import { MAX_LENGTH, MAX_PARTICIPANTS, MAX_TAGS, marketRepairs } from './market-repairs.js';

/** The category of a market whose source names none. */
export const NO_CATEGORY = 'Other';

const instant = z
  .union([z.date(), z.iso.datetime({ offset: true, abort: true })], { error: 'must be an ISO 8601 instant' })
  .refine((given) => isStorableInstant(new Date(given)), 'must be in the years 1 to 9999');

/** After a first slash, a second or what a browser takes for one would lead to another site. */
const url = storableText
  .max(MAX_LENGTH.url)
  .regex(/^(https?:\/\/|\/(?![/\\\t\n\r]))/, 'must be an http(s) URL or a path that begins with /');

/** Text that is shown on one line. */
const lineOfText = storableText
  .transform(onOneLine)
  .refine((text) => !hasDisplayControls(text), NO_DISPLAY_CONTROLS)
  .pipe(z.string().trim().min(1, 'must not be empty'))
  .refine((text) => VISIBLE.test(text), 'must have a visible character');

const label = lineOfText.pipe(z.string().max(MAX_LENGTH.label));

const count = z
  .number()
  .transform((value) => (Math.abs(value - Math.round(value)) <= ROUNDING ? Math.round(value) : value))
  .pipe(z.number().int().min(0).max(MAX_PARTICIPANTS));

/** Tags that differ in case alone are one tag, where and as first written. */
export function distinctTags(labels: readonly string[]): string[] {
  const keys = labels.map(topicKey);
  return labels.filter((label, index) => keys.indexOf(topicKey(label)) === index);
}

const marketInput = z.object({
  id: idText.pipe(storableText.min(1).max(MAX_LENGTH.id)),
  title: lineOfText.pipe(z.string().max(MAX_LENGTH.title)).optional(),
  description: storableText.max(MAX_LENGTH.description).nullish(),
  category: label.nullish(),
  tags: z.array(label).max(MAX_TAGS).transform(distinctTags).nullish(),
  probability: share.nullish(),
  volume24h: amount.nullish(),
  volumeTotal: amount.nullish(),
  participantCount: count.nullish(),
  imageUrl: url.nullish(),
  url: url.nullish(),
  status: z.enum(['OPEN', 'CLOSED', 'RESOLVED']).nullish(),
  createdAt: instant.nullish(),
  resolvesAt: instant.nullish(),
  editorialDescription: storableText.max(MAX_LENGTH.editorialDescription).nullish(),
  editorialBoost: share.nullish(),
  eventKey: storableText.min(1).max(MAX_LENGTH.eventKey).nullish(),
  source: storableText.min(1).max(MAX_LENGTH.source).nullish(),
  blockedCountries: z.array(countrySchema).max(250).nullish(),
});

/**
 * Fields of a market to create or update. Omitted fields keep their value; null clears a field. Only a new market needs
 * a title, and null does not clear it.
 */
export type MarketInput = Omit<z.input<typeof marketInput>, 'id'> & { id: string };
export type CheckedMarketInput = z.output<typeof marketInput>;

export type MarketCheck =
  | { market: CheckedMarketInput; repairs: readonly RepairNote[]; fault?: never }
  | { market?: never; fault: string };

/**
 * Validates one market. Identity, status, price, times and `blockedCountries` must be valid; an invalid value of any
 * other field is repaired or dropped, so that it does not hold up the rest.
 *
 * @returns the market with its repairs, or all faults in one sentence, each with its field.
 */
export function checkMarketInput(input: unknown): MarketCheck {
  const parsed = parseWithRepairs(marketInput, input, marketRepairs);
  if (parsed.error === undefined) return { market: parsed.data, repairs: parsed.repairs };
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'market'}: ${issue.message}`);
  return { fault: faults.join('; ') };
}

/** The market as it stands when `input` is applied to what is stored, or to nothing. */
export function applyMarketInput(
  stored: MarketRecord | undefined,
  input: CheckedMarketInput & { readonly title: string },
  now: Date,
): MarketRecord {
  /** The value given; else, when nothing was said, the stored one; else none. */
  const value = <Key extends keyof MarketRecord>(
    key: Key,
    given: MarketRecord[Key] | null | undefined,
    none: MarketRecord[Key],
  ): MarketRecord[Key] => (given === undefined ? (stored?.[key] ?? none) : (given ?? none));
  const date = (given: Date | string | null | undefined): Date | null | undefined =>
    typeof given === 'string' ? new Date(given) : given;
  const status = value('status', input.status, 'OPEN' satisfies MarketStatus);
  const resolvesAt = value('resolvesAt', date(input.resolvesAt), null);
  const isPastDue = status === 'OPEN' && resolvesAt !== null && resolvesAt <= now;
  return {
    id: input.id,
    number: stored?.number ?? 0,
    title: input.title,
    description: value('description', input.description, null),
    category: value('category', input.category, NO_CATEGORY),
    tags: value('tags', input.tags, []),
    probability: value('probability', input.probability, null),
    volume24h: value('volume24h', input.volume24h, 0),
    volumeTotal: value('volumeTotal', input.volumeTotal, 0),
    participantCount: value('participantCount', input.participantCount, 0),
    imageUrl: value('imageUrl', input.imageUrl, null),
    url: value('url', input.url, null),
    status,
    openPastDue: isPastDue && (input.status === 'OPEN' || stored?.openPastDue === true),
    createdAt: value('createdAt', date(input.createdAt), now),
    resolvesAt,
    editorialDescription: value('editorialDescription', input.editorialDescription, null),
    editorialBoost: value('editorialBoost', input.editorialBoost, 0),
    eventKey: value('eventKey', input.eventKey, null),
    source: value('source', input.source, null),
    blockedCountries: value('blockedCountries', input.blockedCountries, []),
  };
}
