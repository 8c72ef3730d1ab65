import { z } from 'zod';
import { NO_ARMS } from '../../domain/experiment.js';
import { BADGES } from '../badge.js';
import { SLOTS } from '../selectors/slots.js';
import type { ServedFeed } from './served-feed.js';

/** The JSON format of earlier versions. It is read until retention drops the partitions that have it. */
const jsonFeed = z.object({
  country: z.string().nullable(),
  nowMs: z.number(),
  limit: z.number(),
  algorithm: z.enum(['v1', 'v2']),
  algorithmVersion: z.enum(['v1', 'v2', 'fallback']),
  personal: z.boolean(),
  personalized: z.boolean(),
  degraded: z.boolean(),
  configVersion: z.string(),
  catalogueVersion: z.string(),
  trendsComputedAtMs: z.number(),
  profileVersion: z.number().nullable(),
  notes: z.array(z.string()),
  page: z.array(
    z.tuple([
      z.string(),
      z.number(),
      z.enum(SLOTS).nullable(),
      z.enum(BADGES).nullable(),
      z.number().nullable(),
    ]),
  ),
  restIds: z.array(z.string()),
});

/** For a market whose number was not stored. */
const NO_NUMBER = 0;

/** @throws {ZodError | SyntaxError} for text in another format. */
export function servedFeedOfJson(json: string): Omit<ServedFeed, 'feedId' | 'userKey'> {
  const { page, restIds, catalogueVersion, ...inputs } = jsonFeed.parse(JSON.parse(json));
  return {
    ...{ ...inputs, catalogVersion: catalogueVersion, modelVersion: null, arms: NO_ARMS },
    page: page.map(([marketId, score, slot, badge, propensity]) => ({
      ...{ marketId, number: NO_NUMBER, score, slot, badge, propensity },
    })),
    rest: restIds.map((marketId) => ({ marketId, number: NO_NUMBER })),
  };
}
