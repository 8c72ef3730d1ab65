import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isOwner, type Viewer } from '../auth/viewer.js';
import { BellwetherError, type BellwetherErrorCode } from '../lib/errors.js';
import type { ErrorMapper } from '../graphql/errors.js';
import type { TrackingService } from '../tracking/tracking-service.js';

const STATUS: Readonly<Record<BellwetherErrorCode, number>> = {
  BAD_USER_INPUT: 400,
  FORBIDDEN: 403,
  LIMIT_EXCEEDED: 400,
  NOT_FOUND: 404,
  UNAUTHENTICATED: 401,
  UNAVAILABLE: 503,
};

/**
 * `POST /track` accepts the `interactions` of `trackInteractions` and, as `impressions`, the input of `trackImpressions`,
 * as JSON. It records both in one transaction and returns the payload of each; null for one that was not sent.
 *
 * It serves `navigator.sendBeacon`, which cannot set headers. A failed request has recorded nothing, so a client can retry it.
 */
export function registerTrackRoute(
  app: FastifyInstance,
  deps: {
    readonly tracking: Pick<TrackingService, 'trackReport'>;
    readonly viewerOf: (request: FastifyRequest) => Viewer;
    readonly mapError: ErrorMapper;
  },
): void {
  app.post('/track', async (request, reply) => {
    try {
      const viewer = deps.viewerOf(request);
      const mayRecordFor = (userKey: string): boolean => isOwner(viewer, userKey);
      return await reply.send(await deps.tracking.trackReport(request.body, mayRecordFor));
    } catch (error) {
      if (!(error instanceof BellwetherError)) throw error;
      const { retryAfterMs } = error;
      if (retryAfterMs !== undefined) reply.header('retry-after', Math.ceil(retryAfterMs / 1_000));
      return reply.code(STATUS[error.code]).send({ errors: [deps.mapError(error)] });
    }
  });
}
