import {
  BREAK,
  isScalarType,
  isSpecifiedScalarType,
  isWrappingType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
} from 'graphql';
import { foldSelections } from './rules/fold-selections.js';

/**
 * Whether graphql-jit answers this valid document as graphql-js would. What it is known to get wrong
 * goes to graphql-js instead, which is slower and right:
 * - a string that begins like its private marks for dates and infinities is pasted into the program it
 *   writes, so that a caller's text would run as code;
 * - an alias named `__proto__` sets a prototype in place of a field;
 * - a literal of a custom scalar is copied by way of JSON;
 * - a variable inside an object or list literal becomes null where it should be absent;
 * - `@skip` and `@include` on one place of a fragment reach its other places too;
 * - introspection would see the schema that {@link CompiledOperations} extends.
 */
export function isCompilable(schema: GraphQLSchema, document: DocumentNode): boolean {
  const verdict = { compilable: true };
  const types = new TypeInfo(schema);
  const refuse = () => {
    verdict.compilable = false;
    return BREAK;
  };
  const isCustomScalar = () => {
    let type = types.getInputType();
    while (isWrappingType(type)) type = type.ofType;
    return isScalarType(type) && !isSpecifiedScalarType(type);
  };

  visit(
    document,
    visitWithTypeInfo(types, {
      // graphql-js coerces variables and their defaults before the compiled operation runs.
      VariableDefinition: () => false,
      Name: ({ value }) => (value === '__proto__' ? refuse() : undefined),
      StringValue: ({ value }) => (value.includes('__MAGIC_') || isCustomScalar() ? refuse() : undefined),
      IntValue: () => (isCustomScalar() ? refuse() : undefined),
      FloatValue: () => (isCustomScalar() ? refuse() : undefined),
      BooleanValue: () => (isCustomScalar() ? refuse() : undefined),
      EnumValue: () => (isCustomScalar() ? refuse() : undefined),
      ObjectValue: ({ fields }) =>
        isCustomScalar() || fields.some(({ value }) => value.kind === Kind.VARIABLE) ? refuse() : undefined,
      ListValue: ({ values }) =>
        isCustomScalar() || values.some(({ kind }) => kind === Kind.VARIABLE) ? refuse() : undefined,
      Directive: () => refuse(),
      Field: ({ name }) => (name.value === '__schema' || name.value === '__type' ? refuse() : undefined),
    }),
  );
  return verdict.compilable;
}

/** Fields of all operations of a valid document, with every fragment counted where it is spread. */
export function expandedFieldCount(document: DocumentNode): number {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const fieldsIn = foldSelections({
    fragment: (name) => fragments.get(name),
    field: (_node, below) => 1 + below,
    join: (a, b) => a + b,
  });

  let total = 0;
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) total += fieldsIn(definition.selectionSet);
  }
  return total;
}
