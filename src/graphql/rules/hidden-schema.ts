import { ApolloServerErrorCode } from '@apollo/server/errors';
import { GraphQLError, type OperationDefinitionNode } from 'graphql';
import type { Viewer } from '../../auth/viewer.js';

const STAFF: ReadonlySet<Viewer['role']> = new Set(['OPEN', 'MONITOR', 'ADMIN', 'SUPERADMIN']);

/** Whether a viewer may read the schema where it is hidden from others. */
export function maySeeSchema({ role }: Viewer): boolean {
  return STAFF.has(role);
}

/** The error of an operation that selects `__schema` or `__type`. */
export function hiddenSchema(node: OperationDefinitionNode): GraphQLError {
  return new GraphQLError(
    'Introspection is for staff. The schema is published with the gateway as schema/client.graphql.',
    {
      nodes: node,
      extensions: { code: ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED, http: { status: 400 } },
    },
  );
}
