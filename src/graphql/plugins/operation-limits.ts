import type { ApolloServerPlugin, GraphQLRequestContext } from '@apollo/server';
import { GraphQLError, parse, type DocumentNode, type GraphQLSchema } from 'graphql';
import type { Caller } from '../../auth/rate-limits/caller.js';
import { rateLimitHeaders, type RateLimits } from '../../auth/rate-limits/rate-limits.js';
import { hiddenSchema, maySeeSchema } from '../rules/hidden-schema.js';
import { BASE_COST, rejectionCost } from '../rules/operation-cost.js';
import { OperationLimits } from '../rules/operation-limits.js';
import { rateLimited } from '../rules/rate-limited.js';
import { tooRepetitive } from '../rules/repetition.js';

/**
 * Rejects operations that exceed a limit, that read a schema that is hidden from their caller, or whose caller has no points
 * left, before any resolver runs.
 */
export function operationLimits<TContext extends Caller>(
  schema: GraphQLSchema,
  rates: Pick<RateLimits, 'consume'>,
): ApolloServerPlugin<TContext> {
  const limits = new OperationLimits(schema);
  /** Errors of documents that must not be validated, by the document that is validated instead. */
  const rejected = new WeakMap<DocumentNode, GraphQLError>();

  const costOf = (context: GraphQLRequestContext<TContext>): number | GraphQLError => {
    const { document, operation, request, contextValue } = context;
    const error = document && rejected.get(document);
    if (error !== undefined) return error;
    if (document === undefined || operation === undefined) return BASE_COST;
    const checked = limits.check(document, operation, request.variables ?? {});
    if (checked instanceof GraphQLError) return checked;
    if (checked.introspects && !maySeeSchema(contextValue.viewer)) return hiddenSchema(operation);
    return checked.cost;
  };
  /** Returns the error if the caller has no points left. */
  const consume = async (
    { contextValue, response }: GraphQLRequestContext<TContext>,
    cost: number,
  ): Promise<GraphQLError | undefined> => {
    const state = await rates.consume(contextValue, cost);
    if (state === undefined) return undefined;
    for (const [name, value] of rateLimitHeaders(state)) response.http.headers.set(name, value);
    return state.isAllowed ? undefined : rateLimited(state);
  };

  return {
    requestDidStart: () => {
      let isCounted = false;
      return Promise.resolve({
        // Apollo Server offers no other way to reject a document before it is validated.
        validationDidStart: (context) => {
          const error = tooRepetitive(context.document);
          if (error !== undefined) {
            const document = parse('{ __typename }');
            rejected.set(document, error);
            Object.assign(context, { document });
          }
          return Promise.resolve();
        },
        didResolveOperation: async (context) => {
          isCounted = true;
          const cost = costOf(context);
          const error = await consume(
            context,
            typeof cost === 'number' ? cost : rejectionCost(context.source),
          );
          if (error !== undefined) throw error;
          if (typeof cost !== 'number') throw cost;
        },
        didEncounterErrors: async (context) => {
          if (isCounted) return;
          isCounted = true;
          await consume(context, rejectionCost(context.source));
        },
      });
    },
  };
}
