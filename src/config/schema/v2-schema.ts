import { z } from 'zod';
import { COMPONENTS_V2, type ComponentNameV2 } from '../../scoring/v2/components.js';
import { amount, days, minutesOfADay, share, whole } from './field-types.js';

const scale = amount({ above: 0, most: 10_000 });
const weight = amount({ least: 0, most: 10 });

/** One weight per score component, with the description of the component. */
const componentWeights = Object.fromEntries(
  COMPONENTS_V2.map(({ name, description }) => [name, weight.describe(description)]),
) as Record<ComponentNameV2, typeof weight>;

/** The constants of algorithm v2. */
export const v2Schema = z
  .strictObject({
    weights: z.strictObject(componentWeights),
    affinity: z.strictObject({
      longTermScale: scale.describe('long-term affinity is tanh(points / scale)'),
      sessionScale: scale.describe('the same for session affinity'),
      sessionEvents: scale.describe(
        'number of events after which the session counts as much as the long term',
      ),
      sessionIdleHalfLifeMinutes: minutesOfADay.describe('idle time after which the session counts half'),
      categoryFactor: share.describe('weight of a category relative to a tag'),
      strongest: share.describe(
        'share of the strongest topic in interest; the mean of all topics has the rest',
      ),
    }),
    similarity: z.strictObject({
      nearest: share.describe('share of the nearest market in similarity; the centroid has the rest'),
      nearestMarkets: whole({ least: 1, most: 200 }).describe(
        'number of last engaged markets that are searched for the nearest',
      ),
      nearestHalfLifeDays: days.describe('half-life of an engagement in the nearest'),
      centroidMarkets: whole({ least: 1, most: 500 }).describe(
        'number of last engaged markets in the centroid',
      ),
      centroidHalfLifeDays: days.describe('half-life of an engagement in the centroid'),
      sessionFactor: amount({ least: 1, most: 100 }).describe(
        'factor for engagements of the current session in the centroid',
      ),
    }),
    continuity: z.strictObject({
      windowDays: days.describe('older engagements do not count'),
      halfLifeDays: days.describe('half-life of an engagement'),
      sibling: share.describe(
        'weight of a sibling relative to a market of the same event; 0 turns siblings off',
      ),
      siblingsOf: whole({ least: 0, most: 50 }).describe(
        'number of last engaged markets whose siblings count',
      ),
      siblingMarkets: scale.describe('number of later engaged markets after which a sibling counts half'),
      siblingDistance: scale.describe('distance in the order of creation at which a sibling counts half'),
    }),
    freshness: z.strictObject({
      halfAfterDays: days.describe('age at which freshness is 0.5'),
    }),
    trend: z.strictObject({
      now: share.describe(
        'share of the trend over `trending.windowHours` in trending; popularity has the rest',
      ),
    }),
  })
  .describe(
    'Constants of the default algorithm. At least one weight besides ' +
      '`negative` must be above 0. [algorithm-v2.md](algorithm-v2.md) has every formula.',
  );
