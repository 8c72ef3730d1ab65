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
} from 'graphql';
import { foldSelections } from './rules/fold-selections.js';
import { fragmentsOf } from './rules/fragments.js';

/**
 * Whether graphql-jit returns the same result as graphql-js for a valid document. These known defects of graphql-jit
 * leave a document to graphql-js, which is slower and correct:
 *
 * - It pastes a string that begins like its internal markers for dates and infinities into the generated program, so
 *   text of the client runs as code.
 * - An alias named `__proto__` sets a prototype instead of a field.
 * - It copies a literal of a custom scalar through JSON.
 * - A variable inside an object or list literal becomes null where it should be absent.
 * - `@skip` and `@include` on one spread of a fragment also affect its other spreads.
 * - Introspection would return the schema that `CompiledOperations` extends.
 */
export function isCompilable(schema: GraphQLSchema, document: DocumentNode): boolean {
  const verdict = { compilable: true };
  const types = new TypeInfo(schema);
  const reject = () => {
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
      Name: ({ value }) => (value === '__proto__' ? reject() : undefined),
      StringValue: ({ value }) => (value.includes('__MAGIC_') || isCustomScalar() ? reject() : undefined),
      IntValue: () => (isCustomScalar() ? reject() : undefined),
      FloatValue: () => (isCustomScalar() ? reject() : undefined),
      BooleanValue: () => (isCustomScalar() ? reject() : undefined),
      EnumValue: () => (isCustomScalar() ? reject() : undefined),
      ObjectValue: ({ fields }) =>
        isCustomScalar() || fields.some(({ value }) => value.kind === Kind.VARIABLE) ? reject() : undefined,
      ListValue: ({ values }) =>
        isCustomScalar() || values.some(({ kind }) => kind === Kind.VARIABLE) ? reject() : undefined,
      Directive: () => reject(),
      Field: ({ name }) => (name.value === '__schema' || name.value === '__type' ? reject() : undefined),
    }),
  );
  return verdict.compilable;
}

/** Number of fields in all operations of a valid document, counting each spread of a fragment. */
export function expandedFieldCount(document: DocumentNode): number {
  const fragments = fragmentsOf(document);
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
