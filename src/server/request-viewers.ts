import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Authentication } from '../auth/authenticate.js';
import { countFailedAuthentication } from '../auth/rate-limits/failed-authentication.js';
import type { RateLimits } from '../auth/rate-limits/rate-limits.js';
import { accessDenied, mayUse, ruleOf } from '../auth/policy.js';
import type { Viewer } from '../auth/viewer.js';
import { BellwetherError } from '../lib/errors.js';
import type { ClientAddress } from './client-address.js';
import { sendRateState } from './rate-state.js';

/** Returns the viewer of a request to a route that is not public. */
export type ViewerOf = (request: FastifyRequest) => Viewer;

/**
 * Authenticates every request to a route that is not public, and checks that its viewer may use the route, before its
 * body is read. Invalid credentials count for the address of the request. Applies to the routes that are registered afterwards.
 *
 * @throws {Error} when a route is registered that the access policy does not list.
 */
export function registerAuthentication(
  app: FastifyInstance,
  deps: {
    readonly authentication: Pick<Authentication, 'viewerOf'>;
    readonly limits: {
      readonly addressOf: ClientAddress;
      readonly rates: Pick<RateLimits, 'exhausted' | 'consume'>;
    };
  },
): ViewerOf {
  const { authentication, limits } = deps;
  const viewers = new WeakMap<FastifyRequest, Viewer>();

  app.addHook('onRoute', ({ method, url }) => {
    for (const name of [method].flat()) {
      const coordinate = coordinateOf(name, url);
      if (name !== 'OPTIONS' && ruleOf(coordinate).roles.length === 0) {
        throw new Error(`The access policy (src/auth/policy.ts) does not list ${coordinate}.`);
      }
    }
  });

  app.addHook('onRequest', (request, reply, done) => {
    const { url } = request.routeOptions;
    // Browsers send no credentials with the request that asks for permission to send them.
    if (url === undefined || request.method === 'OPTIONS') {
      done();
      return;
    }
    const coordinate = coordinateOf(request.method, url);
    const rule = ruleOf(coordinate);
    if (rule.isPublic === true) {
      done();
      return;
    }
    const admit = (viewer: Viewer): void => {
      viewers.set(request, viewer);
      done(mayUse(viewer, rule) ? undefined : accessDenied(viewer, coordinate, rule));
    };
    const failAuthentication = async (error: unknown): Promise<void> => {
      if (!(error instanceof BellwetherError)) throw error;
      const state = await countFailedAuthentication(limits.rates, limits.addressOf(request));
      if (state !== undefined) sendRateState(reply, state);
      done(state?.isAllowed === false ? BellwetherError.rateLimited(state) : error);
    };
    let viewer: Viewer | Promise<Viewer>;
    try {
      viewer = authentication.viewerOf(credentialsOf(request));
    } catch (error) {
      failAuthentication(error).catch(done);
      return;
    }
    if (viewer instanceof Promise) viewer.then(admit, failAuthentication).catch(done);
    else admit(viewer);
  });

  return (request) => {
    const viewer = viewers.get(request);
    if (viewer === undefined) throw new Error('The route of this request is public.');
    return viewer;
  };
}

function coordinateOf(method: string, url: string): string {
  return `${method === 'HEAD' ? 'GET' : method} ${url}`;
}

function credentialsOf({ headers }: FastifyRequest): Parameters<Authentication['viewerOf']>[0] {
  const apiKey = headers['x-api-key'];
  return { authorization: headers.authorization, apiKey: Array.isArray(apiKey) ? apiKey.join() : apiKey };
}
