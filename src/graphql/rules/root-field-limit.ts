import { GraphQLError, Kind, type ASTVisitor, type SelectionSetNode, type ValidationContext } from 'graphql';

/** How many fields an operation may select at its root. */
export const MAX_ROOT_FIELDS = 60;

/** How many of them may be {@link EXPENSIVE_ROOT_FIELDS}. */
export const MAX_EXPENSIVE_ROOT_FIELDS = 10;

/** Root fields of which each ranks, lists or writes many things, and which share no work. */
export const EXPENSIVE_ROOT_FIELDS: ReadonlySet<string> = new Set([
  'feed',
  'feedPage',
  'explainFeed',
  'simulateFeed',
  'rankMarkets',
  'markets',
  'trending',
  'upsertMarkets',
  'trackInteractions',
  'trackImpressions',
]);

/** Refuses operations that start more work than one request should: each root field runs by itself. */
export function rootFieldLimit(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition: (node) => {
      const fields = [...rootFields(context, node.selectionSet).values()];
      const refuse = (message: string): void =>
        context.reportError(new GraphQLError(message, { nodes: node }));

      if (fields.length > MAX_ROOT_FIELDS) {
        refuse(`An operation may select at most ${MAX_ROOT_FIELDS} fields at its root.`);
      }
      if (fields.filter((name) => EXPENSIVE_ROOT_FIELDS.has(name)).length > MAX_EXPENSIVE_ROOT_FIELDS) {
        const names = [...EXPENSIVE_ROOT_FIELDS].join(', ');
        refuse(`An operation may select at most ${MAX_EXPENSIVE_ROOT_FIELDS} of these fields: ${names}.`);
      }
    },
  };
}

/**
 * The fields by their names in the answer, since selections of one such name run once. For the same reason
 * each fragment is looked into once, as it is in execution.
 */
function rootFields(context: ValidationContext, root: SelectionSetNode): Map<string, string> {
  const fields = new Map<string, string>();
  const seen = new Set<string>();
  const pending = [root];
  for (let set = pending.pop(); set !== undefined; set = pending.pop()) {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        fields.set((selection.alias ?? selection.name).value, selection.name.value);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        pending.push(selection.selectionSet);
      } else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value);
        const fragment = context.getFragment(selection.name.value);
        if (fragment) pending.push(fragment.selectionSet);
      }
    }
  }
  return fields;
}
