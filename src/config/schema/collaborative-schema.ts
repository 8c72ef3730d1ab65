import { z } from 'zod';
import { GRAPH_FILTER_NAMES } from '../../domain/collaborative.js';
import { amount, whole } from './field-types.js';

export const collaborativeSchema = z
  .strictObject({
    method: z
      .enum(['off', 'als', 'graph'])
      .describe(
        '`als`: matrix factorization; `graph`: a polynomial filter of the market–market matrix; `off`: the component `collaborative` is 0, and nothing is trained',
      ),
    intervalHours: whole({ least: 1, most: 168 }).describe(
      'interval of the training; a change needs a restart',
    ),
    timeLimitMinutes: amount({ above: 0, most: 50 }).describe('a longer training is aborted'),
    maxUsers: whole({ least: 10, most: 1_000_000 }).describe(
      'maximum users of a training, those with the most recent engagements',
    ),
    maxMarkets: whole({ least: 10, most: 200_000 }).describe('the same for markets'),
    maxEngagements: whole({ least: 100, most: 20_000_000 }).describe('the same for engagements'),
    als: z.strictObject({
      factors: whole({ least: 2, most: 256 }).describe('ALS: numbers per user and market'),
      regularization: amount({ above: 0, most: 1_000 }).describe(
        'ALS: factor of the squared factors in the loss',
      ),
      alpha: amount({ above: 0, most: 10_000 }).describe(
        'ALS: confidence of an engagement above that of none, which is 1',
      ),
      iterations: whole({ least: 1, most: 100 }).describe(
        'ALS: maximum iterations; they end once one lowers the loss by less than 0.1%',
      ),
    }),
    graph: z.strictObject({
      filter: z
        .enum(GRAPH_FILTER_NAMES)
        .describe(
          'graph: polynomial of the matrix P: `linear` P, `quadratic` 2P − P², `cubic` 0.71P + 0.1P² − 0.01P³',
        ),
      normalization: amount({ least: 0, most: 1 }).describe(
        "graph: an engagement is divided by this power of the number of the user's markets, and by the power of 1 less it of the number of the market's users",
      ),
      power: amount({ above: 0, most: 4 }).describe('graph: exponent of the elements of P'),
      neighbors: whole({ least: 1, most: 2_000 }).describe(
        'graph: maximum stored neighbors of a market; fewer take less memory',
      ),
    }),
  })
  .describe(
    'Collaborative filtering. [model-card.md](model-card.md#collaborative-filtering) describes the methods.',
  );
