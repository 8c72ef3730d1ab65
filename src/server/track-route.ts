import type { FastifyInstance } from 'fastify';
import { isOwner } from '../auth/viewer.js';
import { BASE_COST, ITEM_COSTS } from '../graphql/rules/operation-cost.js';
import type { TrackingService } from '../tracking/tracking-service.js';
import { consumePoints, type RouteLimits } from './caller-limits.js';

/**
 * `POST /track` accepts the `interactions` of `trackInteractions` and, as `impressions`, the input of `trackImpressions`,
 * as JSON. It records both in one transaction and returns the payload of each; null for one that was not sent.
 *
 * It serves reports that a page sends as it closes. A failed request has recorded nothing, so a client can retry it.
 */
export function registerTrackRoute(
  app: FastifyInstance,
  deps: RouteLimits & { readonly tracking: Pick<TrackingService, 'trackReport'> },
): void {
  app.post('/track', async (request, reply) => {
    const viewer = await consumePoints(deps, costOf(request.body), request, reply);
    return deps.tracking.trackReport(request.body, (userKey) => isOwner(viewer, userKey));
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
