import { GraphQLError, type ASTVisitor, type ValidationContext } from 'graphql';
import { foldSelections } from './fold-selections.js';

/** How many levels of fields an operation may have; a field at its root is the first. */
export const MAX_DEPTH = 12;

/** Refuses operations that nest deeper. Introspection is excepted, of which GraphQL has a limit itself. */
export function depthLimit(context: ValidationContext): ASTVisitor {
  const depthOf = foldSelections({
    fragment: (name) => context.getFragment(name),
    field: ({ name }, below) => (name.value === '__schema' || name.value === '__type' ? 0 : 1 + below),
    join: Math.max,
  });
  return {
    OperationDefinition: (node) => {
      if (depthOf(node.selectionSet) > MAX_DEPTH) {
        const message = `An operation may nest fields at most ${MAX_DEPTH} levels deep.`;
        context.reportError(new GraphQLError(message, { nodes: node }));
      }
    },
  };
}
