import { z } from 'zod';
import { COMPONENTS_V2, type ComponentNameV2 } from '../scoring/v2/components.js';
import { amount, days, minutesOfADay, share, whole } from './number-schemas.js';

const scale = amount({ above: 0, most: 10_000 });
const weight = amount({ least: 0, most: 10 });
const componentWeights = Object.fromEntries(COMPONENTS_V2.map(({ name }) => [name, weight])) as Record<
  ComponentNameV2,
  typeof weight
>;

/** Which ranking people get. */
export const rankingChoiceSchema = z.strictObject({
  personalization: z.boolean(),
  algorithm: z.enum(['v1', 'v2']),
  rollout: amount({ least: 0, most: 100 }),
  others: z.enum(['v1', 'v2', 'global']),
});

/** The constants of algorithm v2. */
export const v2Schema = z.strictObject({
  weights: z.strictObject({
    ...componentWeights,
    // Reserved; a rule requires 0.
    collaborative: weight,
  }),
  taste: z.strictObject({
    longTermScale: scale,
    sessionScale: scale,
    sessionEvents: scale,
    sessionIdleHalfLifeMinutes: minutesOfADay,
    categoryFactor: share,
    strongest: share,
  }),
  similarity: z.strictObject({
    nearest: share,
    nearestMarkets: whole({ least: 1, most: 200 }),
    nearestHalfLifeDays: days,
    centroidMarkets: whole({ least: 1, most: 500 }),
    centroidHalfLifeDays: days,
    sessionFactor: amount({ least: 1, most: 100 }),
  }),
  continuity: z.strictObject({
    windowDays: days,
    halfLifeDays: days,
    sibling: share,
    siblingsOf: whole({ least: 0, most: 50 }),
    siblingMarkets: scale,
    siblingPlaces: scale,
  }),
  freshness: z.strictObject({ halfAfterDays: days }),
  trend: z.strictObject({ now: share }),
});

/** What having been shown, and having been traded in, does to a market. */
export const impressionsSchema = z.strictObject({
  perShowing: amount({ least: 0, most: 10 }),
  justShown: share,
  recoveryHours: amount({ above: 0, most: 720 }),
  floor: share,
  // A profile keeps the last 32 showings of a market.
  hardCap: whole({ least: 2, most: 32 }),
  changed: z.strictObject({
    logit: amount({ above: 0, most: 20 }),
    probability: amount({ above: 0, most: 1 }),
    volumeFactor: amount({ above: 1, most: 1_000 }),
  }),
  rest: z.strictObject({
    afterDays: amount({ above: 0, most: 7 }),
    afterShowings: whole({ least: 2, most: 32 }),
  }),
  held: z.strictObject({
    traded: share,
    tradedHalfLifeDays: days,
    opened: share,
    openedHalfLifeDays: days,
  }),
  trackOnServe: z.boolean(),
});

export type V2Config = z.infer<typeof v2Schema>;
export type ImpressionsConfig = z.infer<typeof impressionsSchema>;
