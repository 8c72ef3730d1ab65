import { z } from 'zod';
import { distinctTags } from '../catalog/market-input.js';
import { countrySchema } from '../lib/input/country.js';
import { amount, share } from '../lib/input/rounded-numbers.js';
import { storableText } from '../lib/input/storable.js';
import { userKeySchema } from '../lib/input/user-key.js';
import { algorithmSchema } from './feed-request.js';

const MAX_MARKETS = 500;

const tooMany = `must name at most ${MAX_MARKETS} markets`;

const label = z.string().trim().min(1, 'must not be empty').max(100, 'must have at most 100 characters');

/** A market that the caller describes because we do not store it. */
const candidateMarket = z.object({
  id: z.string().min(1, 'must not be empty').max(128, 'must have at most 128 characters'),
  title: z.string().trim().min(1, 'must not be empty').max(500, 'must have at most 500 characters'),
  category: label.nullish(),
  tags: z.array(label).max(64, 'must have at most 64 entries').transform(distinctTags).nullish(),
  probability: share.nullish(),
  volume24h: amount.nullish(),
  volumeTotal: amount.nullish(),
  createdAt: z.date().nullish(),
  resolvesAt: z.date().nullish(),
  editorialBoost: share.nullish(),
});

export type CandidateMarket = z.output<typeof candidateMarket>;

/** Which markets to put in order, and for whom. */
export const rankRequest = z
  .object({
    userKey: userKeySchema.nullish(),
    country: countrySchema.nullish(),
    marketIds: z
      .array(storableText.max(128, 'must have at most 128 characters'))
      .max(MAX_MARKETS, tooMany)
      .nullish(),
    candidates: z.array(candidateMarket).max(MAX_MARKETS, tooMany).nullish(),
    algorithm: algorithmSchema,
  })
  .refine(({ marketIds, candidates }) => marketIds != null || candidates != null, {
    path: ['marketIds'],
    error: 'or candidates must be given',
  });
