import { Kind, visit, type DocumentNode, type GraphQLError, type SelectionSetNode } from 'graphql';
import { limitExceeded } from './limit-exceeded.js';

/** Maximum number of fragments in a document. */
export const MAX_FRAGMENTS = 60;

/** Maximum number of selections of one response name in one selection set, with those of its inline fragments. */
export const MAX_REPEATS = 20;

/**
 * Returns the error of a document whose validation would take quadratic time: GraphQL compares each two selections of one
 * response name, and each two fragments, to find out whether they can be merged.
 *
 * @param document parsed, but not validated.
 */
export function tooRepetitive(document: DocumentNode): GraphQLError | undefined {
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  if (fragments.length > MAX_FRAGMENTS) {
    return limitExceeded(
      `The document has more than ${MAX_FRAGMENTS} fragments. Split it into several requests.`,
    );
  }
  let error: GraphQLError | undefined;
  visit(document, {
    SelectionSet: (set) => {
      if (error !== undefined || !repeats(set)) return;
      error = limitExceeded(
        `A selection set selects one response name more than ${MAX_REPEATS} times. Select each field once.`,
      );
    },
  });
  return error;
}

function repeats(root: SelectionSetNode): boolean {
  const counts = new Map<string, number>();
  const pending = [root];
  for (let set = pending.pop(); set !== undefined; set = pending.pop()) {
    for (const selection of set.selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) pending.push(selection.selectionSet);
      else if (selection.kind === Kind.FIELD) {
        const name = (selection.alias ?? selection.name).value;
        const count = (counts.get(name) ?? 0) + 1;
        if (count > MAX_REPEATS) return true;
        counts.set(name, count);
      }
    }
  }
  return false;
}
