import { Kind, type FieldNode, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql';

export interface SelectionFold {
  readonly fragment: (name: string) => Pick<FragmentDefinitionNode, 'selectionSet'> | null | undefined;
  /** The figure of one field, from the figure of what is selected below it. */
  readonly field: (node: FieldNode, below: number) => number;
  /** The figure of two selections side by side. */
  readonly join: (a: number, b: number) => number;
}

/**
 * Works out a figure of a selection set as if every fragment were written out where it is spread. Each
 * fragment is looked at once, so that the time grows with the document and not with what it expands to;
 * the figure itself can grow to Infinity. A fragment inside itself counts 0, since GraphQL refuses it.
 */
export function foldSelections(fold: SelectionFold): (selectionSet: SelectionSetNode | undefined) => number {
  const figures = new Map<string, number>();

  const ofFragment = (name: string): number => {
    const known = figures.get(name);
    if (known !== undefined) return known;
    figures.set(name, 0);
    const figure = of(fold.fragment(name)?.selectionSet);
    figures.set(name, figure);
    return figure;
  };
  const of = (selectionSet: SelectionSetNode | undefined): number => {
    let figure = 0;
    for (const selection of selectionSet?.selections ?? []) {
      const next =
        selection.kind === Kind.FIELD
          ? fold.field(selection, of(selection.selectionSet))
          : selection.kind === Kind.FRAGMENT_SPREAD
            ? ofFragment(selection.name.value)
            : of(selection.selectionSet);
      figure = fold.join(figure, next);
    }
    return figure;
  };
  return of;
}
