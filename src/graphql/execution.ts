import { HeaderMap, type ApolloServerPlugin, type BaseContext, type GraphQLResponse } from '@apollo/server';
import type { GraphQLSchema } from 'graphql';
import { CompiledOperations } from './compiled-operations.js';
import type { ErrorMapper } from './errors.js';

export interface CompiledExecutionOptions {
  readonly schema: GraphQLSchema;
  /** Compiled results by-pass Apollo's own error formatting. */
  readonly mapError: ErrorMapper;
  /** How many compiled operations are kept. Default 1,000. */
  readonly maxOperations?: number;
}

/**
 * Runs operations compiled by graphql-jit in place of graphql-js. Whatever cannot be compiled, and every
 * request whose variables are wrong, is left to Apollo before any resolver has run; from the first
 * resolver on, nothing is ever run again.
 */
export function compiledExecution<TContext extends BaseContext>(
  options: CompiledExecutionOptions,
): ApolloServerPlugin<TContext> {
  const { schema, mapError, maxOperations = 1_000 } = options;
  const operations = new CompiledOperations(schema, maxOperations);

  return {
    requestDidStart: () =>
      Promise.resolve({
        responseForOperation: async ({ request, source, queryHash, contextValue }) => {
          if (queryHash === undefined) return null;
          const operation = operations.get(queryHash, source, request.operationName);
          const variables = operation?.coerce(request.variables ?? {});
          if (operation === undefined || variables === undefined) return null;

          try {
            const { data, errors } = await operation.execute(contextValue, variables);
            return response({
              ...(data === undefined ? {} : { data }),
              ...(errors === undefined ? {} : { errors: errors.map(mapError) }),
            });
          } catch (error) {
            return response({ errors: [mapError(error)] }, 500);
          }
        },
      }),
  };
}

type SingleResult = Extract<GraphQLResponse['body'], { kind: 'single' }>['singleResult'];

function response(singleResult: SingleResult, status?: number): GraphQLResponse {
  return {
    http: { headers: new HeaderMap(), ...(status === undefined ? {} : { status }) },
    body: { kind: 'single', singleResult },
  };
}
