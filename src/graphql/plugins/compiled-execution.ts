import { HeaderMap, type ApolloServerPlugin, type GraphQLResponse } from '@apollo/server';
import type { ExecutionResult, GraphQLSchema } from 'graphql';
import type { Viewer } from '../../auth/viewer.js';
import { CompiledOperations, type CompiledOperation } from '../compiled-operations.js';
import type { ErrorMapper } from '../errors.js';
import type { RepeatedResponses } from '../repeated-responses.js';

/** Maximum number of compiled operations in the cache. */
const MAX_OPERATIONS = 1_000;

/**
 * Executes operations compiled by graphql-jit instead of graphql-js. Operations that cannot be compiled, and requests
 * with invalid variables, are left to Apollo Server before any resolver runs. Once a resolver has run, an operation is
 * never executed again.
 *
 * @param mapError formats the errors of compiled results, which bypass Apollo Server's own formatting.
 * @param responses must also serialize the responses.
 */
export function compiledExecution<TContext extends { readonly viewer: Viewer }>(
  schema: GraphQLSchema,
  mapError: ErrorMapper,
  responses: RepeatedResponses,
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
            const { data, errors } = await execute(operation, contextValue, variables, responses);
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

async function execute(
  operation: CompiledOperation,
  context: { readonly viewer: Viewer },
  variables: Readonly<Record<string, unknown>>,
  responses: RepeatedResponses,
): Promise<ExecutionResult> {
  const { root } = operation;
  if (root === undefined) return operation.execute(context, variables);
  const { role } = context.viewer;
  const resolved = await root.resolve(context, variables);
  const value = resolved.status === 'fulfilled' ? resolved.value : undefined;
  if (typeof value !== 'object' || value === null) return root.execute(resolved);
  const sent = responses.find(operation, value, role);
  if (sent !== undefined) return { data: sent };
  const result = await root.execute(resolved);
  if (result.data != null) responses.keep(operation, value, role, result.data);
  return result;
}

type SingleResult = Extract<GraphQLResponse['body'], { kind: 'single' }>['singleResult'];

function response(singleResult: SingleResult, status?: number): GraphQLResponse {
  return {
    http: { headers: new HeaderMap(), ...(status === undefined ? {} : { status }) },
    body: { kind: 'single', singleResult },
  };
}
