import { z } from 'zod';
import { sinksSchema } from './sink-config.js';
import { EVENT_TYPES } from '../scoring/event-weight.js';

const positive = z.number().positive();

/** The shape of the ranking config; what each value means stands beside it in `default.yaml`. */
export const rankingSchema = z.strictObject({
  events: z.strictObject({
    weights: z.record(z.enum(EVENT_TYPES), z.number().min(-100).max(100)),
    dwellFactors: z
      .array(z.strictObject({ atLeastMs: z.number().int().positive(), factor: positive }))
      .max(10)
      .refine(
        (factors) =>
          factors.every(({ atLeastMs }, index) => atLeastMs < (factors[index - 1]?.atLeastMs ?? Infinity)),
        'must go from the longest time to the shortest: the first that was reached applies',
      ),
    tagFactor: z.number().min(0).max(1),
  }),
  profile: z.strictObject({
    longTermHalfLifeDays: positive,
    sessionHalfLifeMinutes: positive,
    sessionIdleMinutes: positive,
    cacheMegabytes: z.number().min(1).max(100_000),
    cacheSeconds: positive,
    cacheSecondsUnheard: positive,
  }),
  trending: z.strictObject({
    windowHours: positive.max(24 * 30),
    halfLifeHours: positive,
    userCap: positive,
    minLocalUsers: z.number().int().min(1),
    refreshSeconds: z.number().min(1).max(3600),
  }),
  tracking: z.strictObject({
    groupWaitMs: z.number().min(0).max(2),
    groupEvents: z.number().int().min(1).max(5_000),
    maxQueued: z.number().int().min(500).max(1_000_000),
    maxQueuedMs: z.number().int().min(100).max(60_000),
  }),
  sinks: sinksSchema.max(10),
  feed: z.strictObject({
    profileTimeoutMs: z.number().int().positive().max(10_000),
  }),
});

export type RankingConfig = z.infer<typeof rankingSchema>;
