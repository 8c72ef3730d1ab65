import type { ApolloServerPlugin, BaseContext } from '@apollo/server';
import { ApolloServerErrorCode } from '@apollo/server/errors';
import { GraphQLError, OperationTypeNode } from 'graphql';
import { withoutRootConditions } from '../subscription-conditions.js';

/** Rejects subscriptions over HTTP, which Apollo Server would otherwise execute like queries. */
export function noSubscriptions<TContext extends BaseContext>(): ApolloServerPlugin<TContext> {
  return {
    requestDidStart: () =>
      Promise.resolve({
        // Validation would throw on such conditions, and Apollo Server would answer 500.
        validationDidStart: (requestContext) => {
          Object.assign(requestContext, { document: withoutRootConditions(requestContext.document) });
          return Promise.resolve();
        },
        didResolveOperation: ({ operation }) => {
          if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return Promise.resolve();
          throw new GraphQLError(
            'Subscriptions are served over WebSocket, at this same path, with the subprotocol graphql-transport-ws.',
            { extensions: { code: ApolloServerErrorCode.BAD_REQUEST, http: { status: 400 } } },
          );
        },
      }),
  };
}
