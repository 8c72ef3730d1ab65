import type { ApolloServerPlugin, BaseContext } from '@apollo/server';
import { ApolloServerErrorCode } from '@apollo/server/errors';

/** Errors in a well-formed request, which a client of `application/json` expects with status 200. */
const GRAPHQL_REQUEST_ERRORS: ReadonlySet<unknown> = new Set<ApolloServerErrorCode>([
  ApolloServerErrorCode.GRAPHQL_PARSE_FAILED,
  ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED,
  ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE,
  ApolloServerErrorCode.BAD_USER_INPUT,
]);

/**
 * Answers parse, validation and coercion errors with 200 to clients that do not accept
 * `application/graphql-response+json`: with `application/json` such a client cannot tell a GraphQL answer
 * from a proxy's, so that the GraphQL over HTTP specification keeps 4xx for requests that are no GraphQL.
 */
export function legacyStatus<TContext extends BaseContext>(): ApolloServerPlugin<TContext> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        willSendResponse: ({ request, response }) => {
          const accept = request.http?.headers.get('accept') ?? '';
          if (
            response.http.status === 400 &&
            response.body.kind === 'single' &&
            GRAPHQL_REQUEST_ERRORS.has(response.body.singleResult.errors?.[0]?.extensions?.['code']) &&
            !accept.includes('application/graphql-response+json')
          ) {
            response.http.status = 200;
          }
          return Promise.resolve();
        },
      }),
  };
}
