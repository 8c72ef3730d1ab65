import { GraphQLError, type ASTNode } from 'graphql';
import { LIMIT_EXCEEDED } from '../../lib/errors.js';

/** The error of an operation that exceeds a limit. Nothing of it has run. */
export function limitExceeded(message: string, nodes?: ASTNode): GraphQLError {
  return new GraphQLError(message, {
    ...(nodes === undefined ? {} : { nodes }),
    extensions: { code: LIMIT_EXCEEDED, http: { status: 400 } },
  });
}
