import type { FastifyInstance } from 'fastify';
import { reject } from './error-responses.js';

/** Rejects GraphQL requests whose Host header is no host, from which Apollo Server could not build the URL. */
export function registerHostCheck(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.url !== '/graphql' || URL.canParse(`http://${request.host}/`)) done();
    else reject(reply, 400);
  });
}
