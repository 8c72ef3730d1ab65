import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../auth/rate-limits/caller.js';
import type { RateLimits } from '../auth/rate-limits/rate-limits.js';
import type { ErrorMapper } from '../graphql/errors.js';
import type { TrustedDocuments } from '../graphql/trusted-documents/trusted-documents.js';
import { BellwetherError } from '../lib/errors.js';
import type { ClientAddress } from './client-address.js';
import { sendFailure } from './error-responses.js';
import { sendRateState } from './rate-state.js';
import type { ViewerOf } from './request-viewers.js';

/** Limits that depend on the caller. */
export interface CallerLimits {
  readonly addressOf: ClientAddress;
  readonly rates: Pick<RateLimits, 'exhausted' | 'consume'>;
  readonly documents: Pick<TrustedDocuments, 'acceptsIds' | 'textOf' | 'check'>;
}

/** Rejects GraphQL requests of callers without points, and documents that are not trusted, before they are parsed. */
export function registerCallerLimits(
  app: FastifyInstance,
  deps: CallerLimits & { readonly viewerOf: ViewerOf; readonly mapError: ErrorMapper },
): void {
  const { addressOf, rates, documents, viewerOf, mapError } = deps;

  app.addHook('preHandler', (request, reply, done) => {
    if (request.routeOptions.url !== '/graphql') {
      done();
      return;
    }
    const viewer = viewerOf(request);
    const exhausted = rates.exhausted({ viewer, address: addressOf(request) });
    if (exhausted !== undefined) {
      sendRateState(reply, exhausted);
      sendFailure(reply, BellwetherError.rateLimited(exhausted), mapError);
      return;
    }
    const text = textOf(request);
    const untrusted = typeof text === 'string' ? documents.check(viewer, text) : undefined;
    if (untrusted === undefined) done();
    else sendFailure(reply, untrusted, mapError);
  });
}

/**
 * Counts a request of another route than GraphQL.
 *
 * @throws {BellwetherError} RATE_LIMITED for a caller without points.
 */
export async function consumePoints(
  rates: CallerLimits['rates'],
  caller: Caller,
  cost: number,
  reply: FastifyReply,
): Promise<void> {
  const state = rates.exhausted(caller) ?? (await rates.consume(caller, cost));
  if (state === undefined) return;
  sendRateState(reply, state);
  if (!state.isAllowed) throw BellwetherError.rateLimited(state);
}

function textOf({ method, query, body }: FastifyRequest): unknown {
  return ((method === 'GET' ? query : body) as { readonly query?: unknown } | null | undefined)?.query;
}
