import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { BellwetherError } from '../errors.js';
import type { ErrorMapper } from '../graphql/errors.js';
import { checkInput } from '../input/check-input.js';
import type { TrackingService } from '../tracking/tracking-service.js';

/** What a page sends when it is left: the inputs of `trackInteractions` and of `trackImpressions`. */
const report = z
  .strictObject({
    interactions: z.array(z.unknown()).optional(),
    impressions: z.unknown().optional(),
  })
  .refine(({ interactions, impressions }) => interactions !== undefined || impressions !== undefined, {
    path: ['interactions'],
    error: 'or impressions must be given',
  });

const STATUS: Readonly<Record<string, number>> = { BAD_USER_INPUT: 400, UNAVAILABLE: 503 };

/**
 * `POST /track` for `navigator.sendBeacon`, which can send nothing but a body: the same JSON as the
 * mutations take, the same checks, the same durability.
 */
export function registerTrackRoute(
  app: FastifyInstance,
  tracking: Pick<TrackingService, 'trackAll' | 'trackImpressions'>,
  mapError: ErrorMapper,
): void {
  app.post('/track', async (request, reply) => {
    try {
      const { interactions, impressions } = checkInput(report, request.body);
      const [tracked, shown] = await Promise.all([
        interactions === undefined ? [] : tracking.trackAll(interactions),
        impressions === undefined ? null : tracking.trackImpressions(impressions),
      ]);
      return await reply.send({
        interactions: tracked.map((answer) => ({ ...answer, profile: undefined })),
        impressions: shown,
      });
    } catch (error) {
      if (!(error instanceof BellwetherError)) throw error;
      const { retryAfterMs } = error;
      if (retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(retryAfterMs / 1_000));
      return reply.code(STATUS[error.code] ?? 500).send({ errors: [mapError(error)] });
    }
  });
}
