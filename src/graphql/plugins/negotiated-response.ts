import type { ApolloServerPlugin, BaseContext } from '@apollo/server';
import { ApolloServerErrorCode } from '@apollo/server/errors';
import { GraphQLError } from 'graphql';
import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';
import { LIMIT_EXCEEDED } from '../../lib/errors.js';

export const JSON_TYPE = 'application/json; charset=utf-8';
const GRAPHQL_RESPONSE_TYPE = 'application/graphql-response+json; charset=utf-8';

/** Errors in a well-formed request, which `application/json` reports with status 200. */
const GRAPHQL_REQUEST_ERRORS: ReadonlySet<unknown> = new Set<string>([
  ApolloServerErrorCode.GRAPHQL_PARSE_FAILED,
  ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED,
  ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE,
  ApolloServerErrorCode.BAD_USER_INPUT,
  LIMIT_EXCEEDED,
]);

/**
 * Follows the GraphQL over HTTP specification for the media type that the Accept header prefers.
 *
 * - `application/json`: a parse, validation, or coercion error returns status 200. A client cannot distinguish a GraphQL
 *   response of this type from a response by a proxy, so 4xx is reserved for requests that are not GraphQL.
 * - Neither type acceptable: returns 406 without running the operation. Apollo Server would run it first.
 */
export function negotiatedResponse<TContext extends BaseContext>(): ApolloServerPlugin<TContext> {
  return {
    requestDidStart: ({ request }) => {
      const mediaType = preferredMediaType(request.http?.headers.get('accept'));
      return Promise.resolve({
        didResolveOperation: () => {
          if (mediaType !== undefined) return Promise.resolve();
          throw new GraphQLError(
            `The Accept header allows neither ${GRAPHQL_RESPONSE_TYPE} nor ${JSON_TYPE}. Send one of them, or no Accept header.`,
            { extensions: { code: ApolloServerErrorCode.BAD_REQUEST, http: { status: 406 } } },
          );
        },
        willSendResponse: ({ response }) => {
          if (
            mediaType === JSON_TYPE &&
            response.http.status === 400 &&
            response.body.kind === 'single' &&
            GRAPHQL_REQUEST_ERRORS.has(response.body.singleResult.errors?.[0]?.extensions?.['code'])
          ) {
            response.http.status = 200;
          }
          return Promise.resolve();
        },
      });
    },
  };
}

/** Clients send few distinct Accept headers, and parsing one takes 2–9 µs. */
const mediaTypes = new LRUCache<string, { readonly preferred: string | undefined }>({
  max: 100,
  memoMethod: (accept) => ({
    preferred: new Negotiator({ headers: { accept } }).mediaType([JSON_TYPE, GRAPHQL_RESPONSE_TYPE]),
  }),
});

/** Returns the media type of the response, by q value, then by order in the Accept header, as Apollo Server chooses. */
export function preferredMediaType(accept: string | undefined): string | undefined {
  return accept === undefined || accept === '' ? JSON_TYPE : mediaTypes.memo(accept).preferred;
}
