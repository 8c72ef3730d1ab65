import type { FastifyInstance } from 'fastify';
import { BellwetherError } from '../lib/errors.js';
import type { ErrorMapper } from '../graphql/errors.js';
import type { TrackingService } from '../tracking/tracking-service.js';

const STATUS: Readonly<Record<string, number>> = { BAD_USER_INPUT: 400, UNAVAILABLE: 503 };

/**
 * `POST /track` accepts the inputs of `trackInteractions` and `trackImpressions` as JSON, and records them in one
 * transaction. It serves `navigator.sendBeacon`, which cannot set headers. A failed request has recorded nothing, so a
 * client can retry it.
 */
export function registerTrackRoute(
  app: FastifyInstance,
  tracking: Pick<TrackingService, 'trackReport'>,
  mapError: ErrorMapper,
): void {
  app.post('/track', async (request, reply) => {
    try {
      const { interactions, impressions } = await tracking.trackReport(request.body);
      return await reply.send({
        interactions: interactions?.map((result) => ({ ...result, profile: undefined })) ?? [],
        impressions,
      });
    } catch (error) {
      if (!(error instanceof BellwetherError)) throw error;
      const { retryAfterMs } = error;
      if (retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(retryAfterMs / 1_000));
      return reply.code(STATUS[error.code] ?? 500).send({ errors: [mapError(error)] });
    }
  });
}
