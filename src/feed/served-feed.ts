import { z } from 'zod';
import { BADGES } from './badge.js';
import type { ComposedFeed } from './composed-feed.js';
import { SLOTS } from './composition/slots.js';
import type { Feed } from './feed.js';
import type { RankingInputs } from './ranking-inputs.js';

/**
 * A feed that was answered: what it was made from, named by versions, and what came of it, so that it can be paged on
 * in and explained on any replica.
 */
export const servedFeedSchema = z.object({
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
  /** Null without a profile. */
  profileVersion: z.number().nullable(),
  notes: z.array(z.string()),
  /** The page, the hero first: market, score, slot, badge, propensity. */
  page: z.array(
    z.tuple([
      z.string(),
      z.number(),
      z.enum(SLOTS).nullable(),
      z.enum(BADGES).nullable(),
      z.number().nullable(),
    ]),
  ),
  /** What follows it, best first: markets, and their scores. */
  restIds: z.array(z.string()),
  restScores: z.array(z.number()),
});

export type ServedRanking = z.infer<typeof servedFeedSchema>;

export interface ServedFeed extends ServedRanking {
  readonly feedId: string;
  readonly userKey: string | null;
}

/** A feed as it is kept. */
export function toServedFeed(
  { id: feedId, personalized, degraded, algorithmVersion }: Feed,
  { items, rest, notes }: ComposedFeed,
  inputs: RankingInputs,
): ServedFeed {
  const { userKey, country, nowMs, limit, algorithm, personal, configVersion, snapshot, trends, profile } =
    inputs;
  return {
    ...{
      feedId,
      userKey,
      country,
      nowMs,
      limit,
      algorithm,
      algorithmVersion,
      personal,
      personalized,
      degraded,
    },
    configVersion,
    catalogueVersion: String(snapshot.version),
    trendsComputedAtMs: trends.computedAtMs,
    profileVersion: profile?.version ?? null,
    notes: [...notes],
    page: items.map(({ market, scores, slot, badge, propensity }) => [
      market.id,
      scores.final,
      slot,
      badge,
      propensity,
    ]),
    restIds: rest.map(({ marketId }) => marketId),
    restScores: rest.map(({ score }) => score),
  };
}
