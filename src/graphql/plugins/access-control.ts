import type { ApolloServerPlugin } from '@apollo/server';
import type { Viewer } from '../../auth/viewer.js';
import type { OperationAccess } from '../rules/operation-access.js';

/** Rejects operations that use an element that the viewer may not use, and hides what the policy hides from its role. */
export function accessControl<TContext extends { readonly viewer: Viewer }>(
  access: OperationAccess,
): ApolloServerPlugin<TContext> {
  return {
    requestDidStart: ({ request }) =>
      Promise.resolve({
        didResolveOperation: ({ document, operation, contextValue: { viewer } }) => {
          const denied = operation && access.check(document, operation, request.variables ?? {}, viewer);
          return denied === undefined ? Promise.resolve() : Promise.reject(denied);
        },
        // Also runs for responses of other executors than Apollo Server's own.
        willSendResponse: ({ document, operation, contextValue: { viewer }, response: { body } }) => {
          if (document && operation && body.kind === 'single') {
            access.hide(document, operation, viewer, body.singleResult.data);
          }
          return Promise.resolve();
        },
      }),
  };
}
