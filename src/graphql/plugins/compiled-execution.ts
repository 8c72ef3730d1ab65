import { HeaderMap, type ApolloServerPlugin, type BaseContext, type GraphQLResponse } from '@apollo/server';
import type { GraphQLSchema } from 'graphql';
import { CompiledOperations } from '../compiled-operations.js';
import type { ErrorMapper } from '../errors.js';

/** Maximum number of compiled operations in the cache. */
const MAX_OPERATIONS = 1_000;

/**
 * Executes operations compiled by graphql-jit instead of graphql-js. Operations that cannot be compiled, and requests
 * with invalid variables, are left to Apollo Server before any resolver runs. Once a resolver has run, an operation is
 * never executed again.
 *
 * @param mapError formats the errors of compiled results, which bypass Apollo Server's own formatting.
 */
export function compiledExecution<TContext extends BaseContext>(
  schema: GraphQLSchema,
  mapError: ErrorMapper,
): ApolloServerPlugin<TContext> {
  const operations = new CompiledOperations(schema, MAX_OPERATIONS);

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
