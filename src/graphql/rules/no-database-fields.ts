import {
  GraphQLError,
  OperationTypeNode,
  type ASTVisitor,
  type FieldNode,
  type OperationDefinitionNode,
  type ValidationContext,
} from 'graphql';

/** Schema extension of a field whose resolver reads the database. */
export const READS_DATABASE = { readsDatabase: true } as const;

/**
 * Rejects subscriptions that select a field marked {@link READS_DATABASE}. One change would cause one read for each
 * subscriber. A client queries such a field once over HTTP and applies the changes that the subscription sends.
 */
export function noDatabaseFields(context: ValidationContext): ASTVisitor {
  const subscriptions: OperationDefinitionNode[] = [];
  /** Marked fields by fragment name, or by operation. */
  const selected = new Map<string | OperationDefinitionNode, FieldNode[]>();
  let definition: string | OperationDefinitionNode;
  return {
    OperationDefinition: (node) => {
      definition = node;
      if (node.operation === OperationTypeNode.SUBSCRIPTION) subscriptions.push(node);
    },
    FragmentDefinition: ({ name }) => {
      definition = name.value;
    },
    Field: (node) => {
      if (context.getFieldDef()?.extensions['readsDatabase'] !== true) return;
      selected.set(definition, [...(selected.get(definition) ?? []), node]);
    },
    Document: {
      leave: () => {
        for (const operation of subscriptions) {
          const fragments = context.getRecursivelyReferencedFragments(operation);
          const fields = [operation, ...fragments.map(({ name }) => name.value)].flatMap(
            (part) => selected.get(part) ?? [],
          );
          for (const field of fields) {
            const message = `The field "${field.name.value}" is not available in subscriptions, because it reads the database. Query it over HTTP.`;
            context.reportError(new GraphQLError(message, { nodes: field }));
          }
        }
      },
    },
  };
}
