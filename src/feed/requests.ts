import { z } from 'zod';
import { applyMarketInput, distinctTags, MAX_LENGTH, MAX_TAGS } from '../catalog/market-input.js';
import type { Market } from '../domain/market.js';
import { countrySchema } from '../lib/input/country.js';
import { countOrDefault } from '../lib/input/page-size.js';
import { amount, share } from '../lib/input/rounded-numbers.js';
import { MAX_CURSOR_LENGTH, storableText, userKeySchema } from '../lib/input/text-schemas.js';

export const MAX_RANKED = 500;

/** Overrides the ranking that the config selects. */
const algorithm = z.enum(['v1', 'v2']).nullish();

export const feedIdSchema = z.uuid('must be the id of a feed');

export const feedRequest = z.object({
  userKey: userKeySchema.nullish(),
  country: countrySchema.nullish(),
  limit: countOrDefault,
  algorithm,
});

/** A part of a feed's items. */
export const feedItemsRequest = z.object({
  after: z.string().max(MAX_CURSOR_LENGTH, `must have at most ${MAX_CURSOR_LENGTH} characters`).nullish(),
  first: countOrDefault,
});

export const explainRequest = z.object({ feedId: feedIdSchema });

/** The request of the trending and rising lists. */
export const listRequest = z.object({ country: countrySchema.nullish(), limit: countOrDefault });

const tooMany = `must name at most ${MAX_RANKED} markets`;

const label = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(MAX_LENGTH.label, `must have at most ${MAX_LENGTH.label} characters`);

/** A market that is not stored and that the caller describes. */
const candidateMarket = z.object({
  id: z
    .string()
    .min(1, 'must not be empty')
    .max(MAX_LENGTH.id, `must have at most ${MAX_LENGTH.id} characters`),
  title: z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(MAX_LENGTH.title, `must have at most ${MAX_LENGTH.title} characters`),
  category: label.nullish(),
  tags: z
    .array(label)
    .max(MAX_TAGS, `must have at most ${MAX_TAGS} entries`)
    .transform(distinctTags)
    .nullish(),
  probability: share.nullish(),
  volume24h: amount.nullish(),
  volumeTotal: amount.nullish(),
  createdAt: z.date().nullish(),
  closesAt: z.date().nullish(),
  resolvesAt: z.date().nullish(),
  editorialBoost: share.nullish(),
});

export const rankRequest = z
  .object({
    userKey: userKeySchema.nullish(),
    country: countrySchema.nullish(),
    marketIds: z
      .array(storableText.max(MAX_LENGTH.id, `must have at most ${MAX_LENGTH.id} characters`))
      .max(MAX_RANKED, tooMany)
      .nullish(),
    candidates: z.array(candidateMarket).max(MAX_RANKED, tooMany).nullish(),
    algorithm,
  })
  .refine(({ marketIds, candidates }) => marketIds != null || candidates != null, {
    path: ['marketIds'],
    error: 'or candidates must be given',
  });

/** Returns a described market as if it were stored and open; without `createdAt` it is created now. */
export function describedMarket(candidate: z.output<typeof candidateMarket>, nowMs: number): Market {
  return applyMarketInput(undefined, candidate, new Date(nowMs));
}
