import { GraphQLError, type ASTVisitor, type ValidationContext } from 'graphql';
import { foldSelections } from './fold-selections.js';

/** How many aliases an operation may have, those of a fragment counted wherever it is spread. */
export const MAX_ALIASES = 200;

/** Refuses operations with more aliases, by which one field can be asked for any number of times. */
export function aliasLimit(context: ValidationContext): ASTVisitor {
  const aliasesIn = foldSelections({
    fragment: (name) => context.getFragment(name),
    field: ({ alias }, below) => (alias === undefined ? 0 : 1) + below,
    join: (a, b) => a + b,
  });
  return {
    OperationDefinition: (node) => {
      if (aliasesIn(node.selectionSet) > MAX_ALIASES) {
        const message = `An operation may have at most ${MAX_ALIASES} aliases, fragments written out.`;
        context.reportError(new GraphQLError(message, { nodes: node }));
      }
    },
  };
}
