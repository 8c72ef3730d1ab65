import {
  BREAK,
  getArgumentValues,
  GraphQLObjectType,
  GraphQLSchema,
  Kind,
  OperationTypeNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
} from 'graphql';

/** Extension of a field whose resolver returns values of which no field ever changes. */
export const IMMUTABLE_VALUE = { immutableValue: true } as const;

/** Value of a root field, or the error of its resolver. */
export type RootResult = PromiseSettledResult<unknown>;

export interface RootField {
  /** Runs the resolver of the field. */
  readonly resolve: (context: unknown, coerced: Readonly<Record<string, unknown>>) => Promise<RootResult>;
}

/**
 * The root field of a query that has only this one, with {@link IMMUTABLE_VALUE}, and selects no other field with a
 * resolver, so that the same object as its value always gives the same data. Undefined for any other operation.
 *
 * @param document is valid for the schema and has no directives.
 */
export function immutableRootField(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): RootField | undefined {
  const query = schema.getQueryType();
  const [node, ...others] = operation.selectionSet.selections;
  if (operation.operation !== OperationTypeNode.QUERY || node?.kind !== Kind.FIELD || others.length > 0)
    return undefined;
  const field = query?.getFields()[node.name.value];
  if (query == null || field === undefined || hasResolverBelow(schema, document)) return undefined;
  if (field.extensions['immutableValue'] !== IMMUTABLE_VALUE.immutableValue) return undefined;
  const fragments = Object.fromEntries(
    document.definitions
      .filter(
        (definition): definition is FragmentDefinitionNode => definition.kind === Kind.FRAGMENT_DEFINITION,
      )
      .map((fragment) => [fragment.name.value, fragment]),
  );
  return {
    resolve: async (context, coerced) => {
      try {
        const value: unknown = await field.resolve?.(
          undefined,
          getArgumentValues(field, node, coerced),
          context,
          {
            ...{ fieldName: field.name, fieldNodes: [node], returnType: field.type, parentType: query },
            path: { prev: undefined, key: responseKey(node), typename: query.name },
            ...{ schema, fragments, rootValue: undefined, operation, variableValues: coerced },
          },
        );
        return { status: 'fulfilled', value };
      } catch (error) {
        return { status: 'rejected', reason: error };
      }
    },
  };
}

function responseKey({ alias, name }: FieldNode): string {
  return (alias ?? name).value;
}

function hasResolverBelow(schema: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(schema);
  let isFound = false;
  visit(
    document,
    visitWithTypeInfo(types, {
      Field: ({ name }) => {
        if (types.getParentType() === schema.getQueryType() || name.value === '__typename') return undefined;
        isFound = types.getFieldDef()?.resolve !== undefined;
        return isFound ? BREAK : undefined;
      },
    }),
  );
  return isFound;
}

/** Returns the schema with root fields of queries whose value is the {@link RootResult} at the root of the execution. */
export function withGivenRootResult(schema: GraphQLSchema): GraphQLSchema {
  const query = schema.getQueryType();
  if (query == null) return schema;
  const config = query.toConfig();
  const fields = Object.fromEntries(
    Object.entries(config.fields).map(([name, field]) => [name, { ...field, args: {}, resolve: valueOf }]),
  );
  const schemaConfig = schema.toConfig();
  return new GraphQLSchema({
    ...schemaConfig,
    types: schemaConfig.types.filter((type) => type !== query),
    query: new GraphQLObjectType({ ...config, fields }),
    assumeValid: true,
  });
}

function valueOf(result: RootResult): unknown {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}
