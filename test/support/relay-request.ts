import {
  getNamedType,
  getNullableType,
  getOperationAST,
  isListType,
  isObjectType,
  Kind,
  print,
  valueFromASTUntyped,
  type ArgumentNode,
  type DocumentNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import type { ConcreteRequest, NormalizationLinkedField, NormalizationScalarField } from 'relay-runtime';

type Selection = NormalizationLinkedField | NormalizationScalarField;
type Argument = NonNullable<Selection['args']>[number];

/**
 * Compiles a document of fields with arguments, without fragments, to the artifact that the Relay compiler writes for it.
 * Tests run Relay's runtime without its compiler, which is 118 MB.
 */
export function relayRequest(schema: GraphQLSchema, document: DocumentNode): ConcreteRequest {
  const operation = getOperationAST(document);
  if (operation?.name === undefined) throw new Error('The document needs one named operation.');
  const root = schema.getRootType(operation.operation);
  if (root == null) throw new Error(`The schema has no ${operation.operation} type.`);
  const name = operation.name.value;
  const text = print(document);
  const argumentDefinitions = (operation.variableDefinitions ?? []).map(({ variable, defaultValue }) => ({
    kind: 'LocalArgument' as const,
    name: variable.name.value,
    defaultValue: defaultValue === undefined ? null : valueFromASTUntyped(defaultValue),
  }));
  const selections = selectionsOf(operation.selectionSet, root);
  const reader = {
    name,
    type: root.name,
    argumentDefinitions,
    selections,
    metadata: null,
    abstractKey: null,
  };
  const params = { id: null, cacheID: text, metadata: {}, name, operationKind: operation.operation, text };
  return {
    kind: 'Request',
    fragment: { kind: 'Fragment', ...reader } as ConcreteRequest['fragment'],
    operation: { kind: 'Operation', name, argumentDefinitions, selections },
    params,
  };
}

function selectionsOf(set: SelectionSetNode, parent: GraphQLObjectType): Selection[] {
  return set.selections.map((selection) => {
    if (selection.kind !== Kind.FIELD) throw new Error('Fragments are not supported.');
    const field = parent.getFields()[selection.name.value];
    if (field === undefined) throw new Error(`${parent.name} has no field ${selection.name.value}.`);
    const args = selection.arguments?.map(toArgument) ?? [];
    const common = {
      alias: selection.alias?.value ?? null,
      args: args.length === 0 ? null : args,
      name: field.name,
      storageKey: null,
    };
    const type = getNamedType(field.type);
    if (!isObjectType(type) || selection.selectionSet === undefined)
      return { kind: 'ScalarField', ...common };
    return {
      kind: 'LinkedField',
      ...common,
      concreteType: type.name,
      plural: isListType(getNullableType(field.type)),
      selections: selectionsOf(selection.selectionSet, type),
    };
  });
}

function toArgument({ name, value }: ArgumentNode): Argument {
  return value.kind === Kind.VARIABLE
    ? { kind: 'Variable', name: name.value, variableName: value.name.value }
    : { kind: 'Literal', name: name.value, value: valueFromASTUntyped(value) };
}
