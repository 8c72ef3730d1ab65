import type { FastifyInstance } from 'fastify';
import { isOwner } from '../auth/viewer.js';
import { BellwetherError } from '../lib/errors.js';
import type { ErrorMapper } from '../graphql/errors.js';
import { BASE_COST, ITEM_COSTS } from '../graphql/rules/operation-cost.js';
import type { TrackingService } from '../tracking/tracking-service.js';
import { consumePoints, type CallerLimits } from './caller-limits.js';
import { sendFailure } from './error-responses.js';
import type { ViewerOf } from './request-viewers.js';

/**
 * `POST /track` accepts the `interactions` of `trackInteractions` and, as `impressions`, the input of `trackImpressions`,
 * as JSON. It records both in one transaction and returns the payload of each; null for one that was not sent.
 *
 * It serves reports that a page sends as it closes. A failed request has recorded nothing, so a client can retry it.
 */
export function registerTrackRoute(
  app: FastifyInstance,
  deps: {
    readonly tracking: Pick<TrackingService, 'trackReport'>;
    readonly viewerOf: ViewerOf;
    readonly mapError: ErrorMapper;
    readonly limits: Pick<CallerLimits, 'addressOf' | 'rates'>;
  },
): void {
  app.post('/track', async (request, reply) => {
    try {
      const viewer = deps.viewerOf(request);
      const caller = { viewer, address: deps.limits.addressOf(request) };
      await consumePoints(deps.limits.rates, caller, costOf(request.body), reply);
      const mayRecordFor = (userKey: string): boolean => isOwner(viewer, userKey);
      return await reply.send(await deps.tracking.trackReport(request.body, mayRecordFor));
    } catch (error) {
      if (!(error instanceof BellwetherError)) throw error;
      return sendFailure(reply, error, deps.mapError);
    }
  });
}

/** Cost of a report in points, as much as the mutations that record the same. */
function costOf(body: unknown): number {
  const { interactions, impressions } = (body ?? {}) as {
    readonly interactions?: unknown;
    readonly impressions?: { readonly items?: unknown } | null;
  };
  const count = (list: unknown): number => (Array.isArray(list) ? list.length : 0);
  return (
    BASE_COST +
    ITEM_COSTS['Mutation.trackInteractions'] * count(interactions) +
    ITEM_COSTS['Mutation.trackImpressions'] * count(impressions?.items)
  );
}
