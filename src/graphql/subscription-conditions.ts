import {
  Kind,
  OperationTypeNode,
  visit,
  type DirectiveNode,
  type DocumentNode,
  type SelectionSetNode,
} from 'graphql';
import { fragmentsOf } from './rules/fragments.js';

const CONDITIONS: ReadonlySet<string> = new Set(['skip', 'include']);

/**
 * Returns the `@skip` and `@include` directives at the root of a document's subscriptions. The GraphQL specification
 * forbids them, because the one field that names the event source must not depend on variables. graphql-js 16 throws on
 * them while it validates or subscribes instead of reporting an error.
 */
export function rootConditions(document: DocumentNode): ReadonlySet<DirectiveNode> {
  const fragments = fragmentsOf(document);
  const pending = document.definitions.filter(isSubscription).map(({ selectionSet }) => selectionSet);
  const conditions = new Set<DirectiveNode>();
  const seen = new Set<SelectionSetNode>();
  for (let set = pending.pop(); set !== undefined; set = pending.pop()) {
    if (seen.has(set)) continue;
    seen.add(set);
    for (const selection of set.selections) {
      for (const directive of selection.directives ?? []) {
        if (CONDITIONS.has(directive.name.value)) conditions.add(directive);
      }
      const below =
        selection.kind === Kind.INLINE_FRAGMENT
          ? selection.selectionSet
          : selection.kind === Kind.FRAGMENT_SPREAD
            ? fragments.get(selection.name.value)?.selectionSet
            : undefined;
      if (below !== undefined) pending.push(below);
    }
  }
  return conditions;
}

/**
 * Returns the document without {@link rootConditions} and without the variables that only they use. Only for a transport
 * that executes no subscriptions: there, the only effect is that validation does not throw.
 */
export function withoutRootConditions(document: DocumentNode): DocumentNode {
  const conditions = rootConditions(document);
  if (conditions.size === 0) return document;
  const conditionVariables = new Set<string>();
  const stripped = visit(document, {
    Directive: (directive) => {
      if (!conditions.has(directive)) return undefined;
      for (const name of variablesIn(directive)) conditionVariables.add(name);
      return null;
    },
  });
  const used = variablesIn(stripped);
  return visit(stripped, {
    VariableDefinition: ({ variable: { name } }) =>
      conditionVariables.has(name.value) && !used.has(name.value) ? null : false,
  });
}

function variablesIn(node: DocumentNode | DirectiveNode): Set<string> {
  const names = new Set<string>();
  visit(node, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void names.add(name.value),
  });
  return names;
}

function isSubscription(
  definition: DocumentNode['definitions'][number],
): definition is Extract<typeof definition, { kind: Kind.OPERATION_DEFINITION }> {
  return (
    definition.kind === Kind.OPERATION_DEFINITION && definition.operation === OperationTypeNode.SUBSCRIPTION
  );
}
