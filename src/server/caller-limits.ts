import type { FastifyReply, FastifyRequest, preHandlerHookHandler } from 'fastify';
import type { RateLimits } from '../auth/rate-limits/rate-limits.js';
import type { Viewer } from '../auth/viewer.js';
import type { TrustedDocuments } from '../graphql/trusted-documents/trusted-documents.js';
import { BellwetherError } from '../lib/errors.js';
import type { ClientAddress } from './client-address.js';
import { graphqlParameters } from './graphql-parameters.js';
import { sendRateState } from './rate-state.js';
import type { ViewerOf } from './request-viewers.js';

/** Limits that depend on the caller. */
export interface CallerLimits {
  readonly addressOf: ClientAddress;
  readonly rates: Pick<RateLimits, 'exhausted' | 'consume'>;
  readonly documents: Pick<TrustedDocuments, 'acceptsIds' | 'textOf' | 'check'>;
}

/** Rejects GraphQL requests of callers without points, and documents that are not trusted, before they are parsed. */
export function callerLimits(deps: CallerLimits & { readonly viewerOf: ViewerOf }): preHandlerHookHandler {
  const { addressOf, rates, documents, viewerOf } = deps;
  return (request, reply, done) => {
    const viewer = viewerOf(request);
    const exhausted = rates.exhausted({ viewer, address: addressOf(request) });
    if (exhausted !== undefined) {
      sendRateState(reply, exhausted);
      done(BellwetherError.rateLimited(exhausted));
      return;
    }
    const { query } = graphqlParameters(request);
    done(typeof query === 'string' ? documents.check(viewer, query) : undefined);
  };
}

/** Limits of a route other than GraphQL. */
export interface RouteLimits {
  readonly viewerOf: ViewerOf;
  readonly limits: Pick<CallerLimits, 'addressOf' | 'rates'>;
}

/**
 * Counts a request of a route other than GraphQL, and returns its viewer.
 *
 * @throws {BellwetherError} RATE_LIMITED for a caller without points.
 */
export async function consumePoints(
  { viewerOf, limits: { addressOf, rates } }: RouteLimits,
  cost: number,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Viewer> {
  const caller = { viewer: viewerOf(request), address: addressOf(request) };
  const state = rates.exhausted(caller) ?? (await rates.consume(caller, cost));
  if (state !== undefined) {
    sendRateState(reply, state);
    if (!state.isAllowed) throw BellwetherError.rateLimited(state);
  }
  return caller.viewer;
}
