import { z } from 'zod';
import { countrySchema } from '../input/country.js';
import { isStorableInstant, storableText } from '../input/storable.js';
import type { Market, MarketStatus } from '../repositories/market.js';
import { topicKey } from '../repositories/market.js';

/** The category of a market whose source names none. */
export const NO_CATEGORY = 'Other';

const instant = z
  .union([z.date(), z.iso.datetime({ offset: true, abort: true })], { error: 'must be an ISO 8601 instant' })
  .refine((given) => isStorableInstant(new Date(given)), 'must be in the years 1 to 9999');

/** After a first slash, a second or what a browser takes for one would lead to another site. */
const url = storableText
  .max(2_000)
  .regex(/^(https?:\/\/|\/(?![/\\\t\n\r]))/, 'must be an http(s) URL or a path that begins with /');

const label = storableText.trim().min(1).max(100);

/** Sums of prices come out a little beside 0 and 1; that much is rounding, not a fault. */
const ROUNDING = 1e-9;

const probability = z
  .number()
  .min(-ROUNDING, 'must be 0 to 1')
  .max(1 + ROUNDING, 'must be 0 to 1')
  .transform((value) => Math.min(1, Math.max(0, value)));

/** Tags that differ in case alone are one tag, where and as first written. */
export function distinctTags(labels: readonly string[]): string[] {
  const keys = labels.map(topicKey);
  return labels.filter((label, index) => keys.indexOf(topicKey(label)) === index);
}

const marketInput = z.object({
  id: storableText.min(1).max(128),
  title: storableText.trim().min(1).max(500).optional(),
  description: storableText.max(100_000).nullish(),
  category: label.nullish(),
  tags: z.array(label).max(64).transform(distinctTags).nullish(),
  probability: probability.nullish(),
  volume24h: z.number().min(0).nullish(),
  volumeTotal: z.number().min(0).nullish(),
  participantCount: z.number().int().min(0).max(2_147_483_647).nullish(),
  imageUrl: url.nullish(),
  url: url.nullish(),
  status: z.enum(['OPEN', 'CLOSED', 'RESOLVED']).nullish(),
  createdAt: instant.nullish(),
  resolvesAt: instant.nullish(),
  editorialDescription: storableText.max(5_000).nullish(),
  editorialBoost: z.number().min(0).max(1).nullish(),
  eventKey: storableText.min(1).max(256).nullish(),
  source: storableText.min(1).max(100).nullish(),
  blockedCountries: z.array(countrySchema).max(250).nullish(),
});

/**
 * What a caller says of a market: what is left out keeps its value, null takes it away. Only a new market
 * needs a title, and none can lose it.
 */
export type MarketInput = z.input<typeof marketInput>;
export type CheckedMarketInput = z.output<typeof marketInput>;

/** Checks one market; every fault is told in one sentence that names its field. */
export function checkMarketInput(
  input: unknown,
): { market: CheckedMarketInput; fault?: never } | { market?: never; fault: string } {
  const parsed = marketInput.safeParse(input);
  if (parsed.success) return { market: parsed.data };
  const faults = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'market'}: ${issue.message}`);
  return { fault: faults.join('; ') };
}

/** The market as it stands when `input` is applied to what is stored, or to nothing. */
export function applyMarketInput(
  stored: Market | undefined,
  input: CheckedMarketInput & { readonly title: string },
  now: Date,
): Market {
  /** The value given; else, when nothing was said, the stored one; else none. */
  const value = <Key extends keyof Market>(
    key: Key,
    given: Market[Key] | null | undefined,
    none: Market[Key],
  ): Market[Key] => (given === undefined ? (stored?.[key] ?? none) : (given ?? none));
  const date = (given: Date | string | null | undefined): Date | null | undefined =>
    typeof given === 'string' ? new Date(given) : given;
  return {
    id: input.id,
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
    status: value('status', input.status, 'OPEN' satisfies MarketStatus),
    createdAt: value('createdAt', date(input.createdAt), now),
    resolvesAt: value('resolvesAt', date(input.resolvesAt), null),
    editorialDescription: value('editorialDescription', input.editorialDescription, null),
    editorialBoost: value('editorialBoost', input.editorialBoost, 0),
    eventKey: value('eventKey', input.eventKey, null),
    source: value('source', input.source, null),
    blockedCountries: value('blockedCountries', input.blockedCountries, []),
  };
}
