import { z } from 'zod';
import { amount, share, whole } from './number-schemas.js';

const places = whole({ least: 1, most: 100 });

/** What a page is made of. */
export const feedSchema = z.strictObject({
  profileTimeoutMs: whole({ least: 1, most: 10_000 }),
  quotas: z.strictObject({
    PERSONAL: share,
    TRENDING: share,
    LOCAL: share,
    RISING: share,
    EXPLORATION: share,
  }),
  diversity: z.strictObject({
    categoryPlaces: places,
    perCategory: places,
    eventPlaces: places,
    perEventFirst: places,
    perEventPage: places,
    mmrLambda: share,
  }),
  exploration: z.strictObject({
    maxAgeHours: amount({ above: 0, most: 8_760 }),
    maxImpressions: whole({ least: 0, most: 1_000_000_000 }),
    priorClickRate: amount({ above: 0, most: 1 }),
    priorImpressions: amount({ above: 0, most: 1_000_000 }),
  }),
  badges: z.strictObject({
    closingSoonHours: amount({ least: 0, most: 8_760 }),
    hotTrending: share,
    newHours: amount({ least: 0, most: 8_760 }),
  }),
  /** Whether markets are shown that their source reports as open past their time of resolution. */
  overdue: z.enum(['show', 'hide']),
  overdueDays: amount({ above: 0, most: 365 }),
  keepMinutes: amount({ least: 1, most: 1_440 }),
  pageDepth: whole({ least: 100, most: 1_000 }),
});

export type FeedConfig = z.infer<typeof feedSchema>;
