import type { FastifyRequest } from 'fastify';

/** Parameters of a GraphQL request, as the client sent them. */
export interface GraphQLParameters {
  readonly query?: unknown;
  readonly operationName?: unknown;
  readonly documentId?: unknown;
  /** JSON text in a URL. */
  readonly extensions?: unknown;
}

/** Returns the parameters of a request: those of its URL for GET, else of its body. Empty for a body that is no object. */
export function graphqlParameters({ method, query, body }: FastifyRequest): GraphQLParameters {
  const parameters = method === 'GET' ? query : body;
  return typeof parameters === 'object' && parameters !== null ? parameters : {};
}
