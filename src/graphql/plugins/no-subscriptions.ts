import type { ApolloServerPlugin, BaseContext } from '@apollo/server';
import { ApolloServerErrorCode } from '@apollo/server/errors';
import { GraphQLError, OperationTypeNode } from 'graphql';
import { withoutRootConditions } from '../subscription-conditions.js';

/** Rejects subscriptions over HTTP, which Apollo Server would otherwise execute like queries. */
export function noSubscriptions<TContext extends BaseContext>(): ApolloServerPlugin<TContext> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        // Validation throws on conditions at the root, and Apollo Server would then return 500.
        validationDidStart: (requestContext) => {
          Object.assign(requestContext, { document: withoutRootConditions(requestContext.document) });
          return Promise.resolve();
        },
        didResolveOperation: ({ operation }) => {
          if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return Promise.resolve();
          throw new GraphQLError(
            'Subscriptions are not available over HTTP. Connect to this path by WebSocket with the subprotocol graphql-transport-ws.',
            { extensions: { code: ApolloServerErrorCode.BAD_REQUEST, http: { status: 400 } } },
          );
        },
      }),
  };
}
