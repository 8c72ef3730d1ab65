import { Kind, type FieldNode, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql';

export interface SelectionFold {
  readonly fragment: (name: string) => Pick<FragmentDefinitionNode, 'selectionSet'> | null | undefined;
  /** Returns the value of a field, given the value of the selections below it. */
  readonly field: (node: FieldNode, below: number) => number;
  /** Combines the values of two sibling selections. */
  readonly join: (a: number, b: number) => number;
}

/**
 * Creates a function that computes a number over a selection set as if every fragment spread were expanded. Each
 * fragment is visited once, so the time is linear in the document and not in its expansion. The result can reach
 * Infinity. A fragment that contains itself counts 0, because GraphQL validation rejects it.
 */
export function foldSelections(fold: SelectionFold): (selectionSet: SelectionSetNode | undefined) => number {
  const fragmentValues = new Map<string, number>();

  const ofFragment = (name: string): number => {
    const known = fragmentValues.get(name);
    if (known !== undefined) return known;
    fragmentValues.set(name, 0);
    const value = of(fold.fragment(name)?.selectionSet);
    fragmentValues.set(name, value);
    return value;
  };
  const of = (selectionSet: SelectionSetNode | undefined): number => {
    let value = 0;
    for (const selection of selectionSet?.selections ?? []) {
      const next =
        selection.kind === Kind.FIELD
          ? fold.field(selection, of(selection.selectionSet))
          : selection.kind === Kind.FRAGMENT_SPREAD
            ? ofFragment(selection.name.value)
            : of(selection.selectionSet);
      value = fold.join(value, next);
    }
    return value;
  };
  return of;
}
