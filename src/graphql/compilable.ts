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
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

/** Above this many selected fields, fragments expanded, compiling costs more than it can save. */
const MAX_EXPANDED_FIELDS = 2_000;

/**
 * Whether graphql-jit answers this valid document as graphql-js would. What it is known to get wrong
 * goes to graphql-js instead, which is slower and right:
 * - a string that begins like its private marks for dates and infinities is pasted into the program it
 *   writes, so that a caller's text would run as code;
 * - an alias named `__proto__` sets a prototype in place of a field;
 * - a literal of a custom scalar is copied by way of JSON;
 * - a variable inside an object or list literal becomes null where it should be absent;
 * - `@skip` and `@include` on one place of a fragment reach its other places too;
 * - introspection would see the schema that {@link CompiledOperations} extends;
 * - fragments are written out wherever they are spread, which can grow without bound.
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
  return verdict.compilable && expandedFieldCount(document) <= MAX_EXPANDED_FIELDS;
}

/** Fields of all operations with every fragment counted where it is spread; each is visited once. */
function expandedFieldCount(document: DocumentNode): number {
  const fragments = new Map<string, SelectionSetNode>();
  const sizes = new Map<string, number>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition.selectionSet);
    }
  }

  const sizeOfFragment = (name: string): number => {
    const known = sizes.get(name);
    if (known !== undefined) return known;
    const size = sizeOf(fragments.get(name));
    sizes.set(name, size);
    return size;
  };
  const sizeOf = (selectionSet: SelectionSetNode | undefined): number => {
    let size = 0;
    for (const selection of selectionSet?.selections ?? []) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) size += sizeOfFragment(selection.name.value);
      else size += (selection.kind === Kind.FIELD ? 1 : 0) + sizeOf(selection.selectionSet);
    }
    return size;
  };

  let total = 0;
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) total += sizeOf(definition.selectionSet);
  }
  return total;
}
