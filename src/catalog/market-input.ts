import { z } from 'zod';
import {
  endOf,
  isFinal,
  MARKET_STATUSES,
  topicKey,
  type MarketRecord,
  type MarketStatus,
} from '../domain/market.js';
import {
  hasDisplayControls,
  NO_DISPLAY_CONTROLS,
  onOneLine,
  truncated,
  VISIBLE,
} from '../lib/input/display-text.js';
import { countrySchema } from '../lib/input/country.js';
import { OUT_OF_RANGE, problemOf, type InputProblem } from '../lib/input/input-problem.js';
import { idText, isStorableInstant, storableText } from '../lib/input/text-schemas.js';
import { drop, parseWithRepairs, type Repair, type RepairNote } from '../lib/input/parse-with-repairs.js';
import { amount, ROUNDING, share } from '../lib/input/rounded-numbers.js';

/** The category of a market whose source names none. */
export const NO_CATEGORY = 'Other';

/** Maximum lengths in UTF-16 code units. */
export const MAX_LENGTH = {
  id: 128,
  title: 500,
  description: 100_000,
  label: 100,
  url: 2_000,
  editorialDescription: 5_000,
  eventKey: 256,
  volumeUnit: 16,
  source: 100,
} as const;

export const MAX_TAGS = 64;

export const MAX_BLOCKED_COUNTRIES = 250;

/** Maximum of a PostgreSQL `integer`. */
const MAX_PARTICIPANTS = 2_147_483_647;

const instant = z
  .union([z.date(), z.iso.datetime({ offset: true, abort: true })], { error: 'must be an ISO 8601 instant' })
  .refine((given) => isStorableInstant(new Date(given)), {
    error: 'must be in the years 1 to 9999',
    params: OUT_OF_RANGE,
  });

/** A second slash, or a character that browsers read as one, would turn a path into the URL of another site. */
const url = storableText
  .max(MAX_LENGTH.url)
  .regex(/^(https?:\/\/|\/(?![/\\\t\n\r]))/, 'must be an http(s) URL or a path that begins with /');

/** Text that is displayed on one line. */
const singleLine = storableText
  .transform(onOneLine)
  .refine((text) => !hasDisplayControls(text), NO_DISPLAY_CONTROLS)
  .pipe(z.string().trim().min(1, 'must not be empty'))
  .refine((text) => VISIBLE.test(text), 'must have a visible character');

const label = singleLine.pipe(z.string().max(MAX_LENGTH.label));

const count = z
  .number()
  .transform((value) => (Math.abs(value - Math.round(value)) <= ROUNDING ? Math.round(value) : value))
  .pipe(z.number().int().min(0).max(MAX_PARTICIPANTS));

/** Removes tags that differ from an earlier one in case only. */
export function distinctTags(labels: readonly string[]): string[] {
  const keys = labels.map(topicKey);
  return labels.filter((label, index) => keys.indexOf(topicKey(label)) === index);
}

const marketInput = z.object({
  id: idText.pipe(storableText.min(1).max(MAX_LENGTH.id)),
  title: singleLine.pipe(z.string().max(MAX_LENGTH.title)).optional(),
  description: storableText.max(MAX_LENGTH.description).nullish(),
  category: label.nullish(),
  tags: z.array(label).max(MAX_TAGS).transform(distinctTags).nullish(),
  probability: share.nullish(),
  volume24h: amount.nullish(),
  volumeTotal: amount.nullish(),
  participantCount: count.nullish(),
  volumeUnit: singleLine.pipe(z.string().max(MAX_LENGTH.volumeUnit)).nullish(),
  imageUrl: url.nullish(),
  url: url.nullish(),
  status: z.enum(MARKET_STATUSES).nullish(),
  createdAt: instant.nullish(),
  closesAt: instant.nullish(),
  resolvesAt: instant.nullish(),
  resolvedAt: instant.nullish(),
  asOf: instant.nullish(),
  editorialDescription: storableText.max(MAX_LENGTH.editorialDescription).nullish(),
  editorialBoost: share.nullish(),
  eventKey: storableText.min(1).max(MAX_LENGTH.eventKey).nullish(),
  source: storableText.min(1).max(MAX_LENGTH.source).nullish(),
  blockedCountries: z.array(countrySchema).max(MAX_BLOCKED_COUNTRIES).nullish(),
});

/**
 * Fields of a market to create or update. Omitted fields keep their value; null clears a field. Only a new market needs
 * a title, and null does not clear it.
 */
export type MarketInput = Omit<z.input<typeof marketInput>, 'id'> & { id: string };
export type ValidatedMarketInput = z.output<typeof marketInput>;

/** A valid market with its repairs, or the problem of the rejected one. */
type MarketValidation =
  | { market: ValidatedMarketInput; repairs: readonly RepairNote[]; problem?: never }
  | { market?: never; problem: InputProblem };

/**
 * Validates one market. Identity, status, price, times, `editorialBoost`, and `blockedCountries` must be valid. An invalid
 * value of any other field is repaired or dropped, so that it does not block the update of the rest.
 *
 * @param index index of the market in its batch; 0 for a single one.
 * @returns the market with its repairs, or one problem whose message lists every invalid field.
 */
export function validateMarketInput(input: unknown, index = 0): MarketValidation {
  const parsed = parseWithRepairs(marketInput, input, marketRepairs);
  if (parsed.error === undefined) return { market: parsed.data, repairs: parsed.repairs };
  const reasons = parsed.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'The market'} ${message}`,
  );
  return { problem: { ...problemOf(parsed.error, index), message: `${reasons.join('; ')}.` } };
}

const STATE_FIELDS = ['probability', 'volume24h', 'volumeTotal', 'participantCount', 'status'] as const;

/** The fields that a price feed reports. A late input does not change them. */
type MarketState = Pick<ValidatedMarketInput, (typeof STATE_FIELDS)[number] | 'resolvedAt'>;

/**
 * Applies `input` to the stored market, or to the defaults of a new one. An input with an earlier `asOf` than the stored one
 * is late: it changes neither figures nor status. An input without `asOf` is never late; if it changes one of these fields,
 * the stored `asOf` becomes `now`, so that an older input that arrives later is late. `updatedAt` stays the stored one.
 */
export function applyMarketInput(
  stored: MarketRecord | undefined,
  input: ValidatedMarketInput & { readonly title: string },
  now: Date,
): MarketRecord {
  /** The given value; if omitted, the stored one; if null or not stored, the default. */
  const value = <Key extends keyof MarketRecord>(
    key: Key,
    given: MarketRecord[Key] | null | undefined,
    fallback: MarketRecord[Key],
  ): MarketRecord[Key] => (given === undefined ? (stored?.[key] ?? fallback) : (given ?? fallback));
  const asOf = readAt(input, now);
  const isLate = asOf !== null && stored !== undefined && stored.asOf !== null && asOf < stored.asOf;
  const state: MarketState = isLate ? {} : input;
  const status = value('status', state.status, 'OPEN' satisfies MarketStatus);
  const ends = {
    closesAt: value('closesAt', date(input.closesAt), null),
    resolvesAt: value('resolvesAt', date(input.resolvesAt), null),
  };
  const end = endOf(ends);
  // Only a source that reports the market as open after its end sets this. An update without a status keeps it.
  const isPastDue = status === 'OPEN' && end !== null && end <= now;
  const after: MarketRecord = {
    id: input.id,
    // The database assigns the number of a new market.
    number: stored?.number ?? 0,
    title: input.title,
    description: value('description', input.description, null),
    category: value('category', input.category, NO_CATEGORY),
    tags: value('tags', input.tags, []),
    probability: value('probability', state.probability, null),
    volume24h: value('volume24h', state.volume24h, null),
    volumeTotal: value('volumeTotal', state.volumeTotal, null),
    participantCount: value('participantCount', state.participantCount, null),
    volumeUnit: value('volumeUnit', input.volumeUnit, null),
    imageUrl: value('imageUrl', input.imageUrl, null),
    url: value('url', input.url, null),
    status,
    openPastDue: isPastDue && (state.status === 'OPEN' || stored?.openPastDue === true),
    createdAt: value('createdAt', date(input.createdAt), now),
    updatedAt: stored?.updatedAt ?? now,
    ...ends,
    resolvedAt: resolvedAt(stored, status, date(state.resolvedAt), now),
    editorialDescription: value('editorialDescription', input.editorialDescription, null),
    editorialBoost: value('editorialBoost', input.editorialBoost, 0),
    eventKey: value('eventKey', input.eventKey, null),
    source: value('source', input.source, null),
    blockedCountries: value('blockedCountries', input.blockedCountries, []),
    asOf: isLate ? stored.asOf : (asOf ?? stored?.asOf ?? null),
  };
  return asOf === null && hasNewState(stored, after) ? { ...after, asOf: now } : after;
}

/** Whether a field of {@link MarketState} changed, or the market is new. */
function hasNewState(before: MarketRecord | undefined, after: MarketRecord): boolean {
  return (
    before === undefined ||
    STATE_FIELDS.some((name) => before[name] !== after[name]) ||
    before.resolvedAt?.getTime() !== after.resolvedAt?.getTime()
  );
}

function date(given: Date | string | null | undefined): Date | null | undefined {
  return typeof given === 'string' ? new Date(given) : given;
}

/** `asOf` of an input. A later time than now counts as now, so that a wrong clock does not block later inputs. */
function readAt(input: ValidatedMarketInput, now: Date): Date | null {
  const asOf = date(input.asOf) ?? null;
  return asOf !== null && asOf > now ? now : asOf;
}

/**
 * When the market was resolved or cancelled: the given time; else now if the status becomes final, and the stored time if it
 * already was. Null for a market that is first stored as final, because it may have ended long ago.
 */
function resolvedAt(
  stored: MarketRecord | undefined,
  status: MarketStatus,
  given: Date | null | undefined,
  now: Date,
): Date | null {
  if (!isFinal(status)) return null;
  if (given !== undefined) return given;
  if (stored === undefined) return null;
  return isFinal(stored.status) ? stored.resolvedAt : now;
}

/**
 * Repairs of optional fields: texts are truncated, tags keep their valid entries, and `participantCount` is rounded and
 * clamped. A value that cannot be repaired is dropped, and the stored value stays.
 */
const marketRepairs: Readonly<Record<string, Repair>> = {
  title: (value) => repairedLine(value, MAX_LENGTH.title),
  description: (value) => repairedText(value, MAX_LENGTH.description),
  category: (value) => repairedLine(value, MAX_LENGTH.label),
  tags: (value) =>
    Array.isArray(value)
      ? value.flatMap((tag) => repairedLine(tag, MAX_LENGTH.label) ?? []).slice(0, MAX_TAGS)
      : undefined,
  volume24h: drop,
  volumeTotal: drop,
  participantCount: repairedCount,
  volumeUnit: drop,
  imageUrl: repairedUrl,
  url: repairedUrl,
  editorialDescription: (value) => repairedText(value, MAX_LENGTH.editorialDescription),
  eventKey: drop,
  source: drop,
};

/** PostgreSQL text cannot contain NUL or an unpaired surrogate. */
const NOT_STORABLE = /[\0\p{Cs}]/u;
const EACH_NOT_STORABLE = new RegExp(NOT_STORABLE, 'gu');

const windows1252 = new TextDecoder('windows-1252');

/** Decodes Windows-1252 dashes and quotes, which become C1 control characters if a site decodes its text as Latin-1. */
function withoutLatin1Controls(value: string): string {
  return value.replace(/[\u0080-\u009F]/g, (control) =>
    windows1252.decode(Uint8Array.of(control.charCodeAt(0))),
  );
}

/** Undefined for a text with other control characters: even without them, the text may be crafted to deceive. */
function repairedLine(value: unknown, maxLength: number): string | undefined {
  if (typeof value !== 'string') return undefined;
  const clean = onOneLine(withoutLatin1Controls(value)).trim();
  return !VISIBLE.test(clean) || hasDisplayControls(clean) || NOT_STORABLE.test(clean)
    ? undefined
    : truncated(clean, maxLength);
}

/** Text of several lines. */
function repairedText(value: unknown, maxLength: number): string | undefined {
  return typeof value === 'string' ? truncated(value.replace(EACH_NOT_STORABLE, ''), maxLength) : undefined;
}

function repairedCount(value: unknown): number | undefined {
  if (typeof value !== 'number' || !(value >= 0)) return undefined;
  return Math.min(MAX_PARTICIPANTS, Math.round(value));
}

/** Adds `https:` to an address that begins with `//`, which sites use for images. */
function repairedUrl(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const address = value.trim();
  return /^\/\/[^/\\\s]/.test(address) ? `https:${address}` : address;
}
