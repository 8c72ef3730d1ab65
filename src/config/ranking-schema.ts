import { z } from 'zod';
import { feedSchema } from './feed-schema.js';
import { amount, days, minutesOfADay, share, whole } from './number-schemas.js';
import { sinksSchema } from './sink-config.js';
import { sourcesSchema } from './source-config.js';
import { impressionsSchema, rankingChoiceSchema, v2Schema } from './v2-schema.js';
import { EVENT_TYPES } from '../domain/event.js';

const cacheSeconds = amount({ above: 0, most: 86_400 });

/** The shape of the ranking config; what each value means stands beside it in `default.yaml`. */
export const rankingSchema = z.strictObject({
  events: z.strictObject({
    weights: z.record(z.enum(EVENT_TYPES), amount({ least: -100, most: 100 })),
    dwellFactors: z
      .array(
        z.strictObject({
          atLeastMs: whole({ least: 1, most: 86_400_000 }),
          factor: amount({ above: 0, most: 100 }),
        }),
      )
      .max(10),
    tagFactor: share,
  }),
  profile: z.strictObject({
    longTermHalfLifeDays: days,
    sessionHalfLifeMinutes: minutesOfADay,
    sessionIdleMinutes: minutesOfADay,
    cacheMegabytes: amount({ least: 1, most: 100_000 }),
    cacheSeconds,
    cacheSecondsUnheard: cacheSeconds,
    // Well below the 30 s after which a replica that paused drops its cache.
    changePollSeconds: amount({ least: 0.1, most: 10 }),
    forgetBelow: amount({ least: 0, most: 10 }),
  }),
  trending: z.strictObject({
    windowHours: amount({ above: 0, most: 720 }),
    halfLifeHours: amount({ above: 0, most: 720 }),
    userCap: amount({ above: 0, most: 10_000 }),
    minLocalUsers: whole({ least: 1, most: 1_000_000_000 }),
    refreshSeconds: whole({ least: 1, most: 3_600 }),
    popularity: z.strictObject({
      windowDays: amount({ above: 0, most: 365 }),
      halfLifeDays: amount({ above: 0, most: 365 }),
    }),
  }),
  tracking: z.strictObject({
    lanes: whole({ least: 1, most: 16 }),
    groupWaitMs: amount({ least: 0, most: 2 }),
    groupEvents: whole({ least: 1, most: 5_000 }),
    maxQueued: whole({ least: 500, most: 1_000_000 }),
    maxQueuedMs: whole({ least: 100, most: 60_000 }),
  }),
  retention: z.strictObject({
    interactionsDays: whole({ least: 30, most: 3_650 }),
    rankingsHours: amount({ least: 1, most: 720 }),
  }),
  sinks: sinksSchema.max(10),
  sources: sourcesSchema.max(20),
  ranking: rankingChoiceSchema,
  country: z.strictObject({
    headers: z
      .array(z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be the name of a header in lower case'))
      .max(5),
  }),
  v2: v2Schema,
  impressions: impressionsSchema,
  feed: feedSchema,
});

export type RankingConfig = z.infer<typeof rankingSchema>;
