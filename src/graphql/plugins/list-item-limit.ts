import type { ApolloServerPlugin, BaseContext } from '@apollo/server';
import type { GraphQLSchema } from 'graphql';
import { ListItemLimit } from '../rules/list-items.js';

/** Rejects operations that send or request too many list items, before any resolver runs. */
export function listItemLimit<TContext extends BaseContext>(
  schema: GraphQLSchema,
): ApolloServerPlugin<TContext> {
  const limit = new ListItemLimit(schema);
  return {
    requestDidStart: ({ request }) =>
      Promise.resolve({
        didResolveOperation: ({ document, operation }) => {
          const error = operation && limit.check(document, operation, request.variables ?? {});
          return error === undefined ? Promise.resolve() : Promise.reject(error);
        },
      }),
  };
}
