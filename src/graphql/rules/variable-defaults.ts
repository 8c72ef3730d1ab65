import { valueFromASTUntyped, type OperationDefinitionNode } from 'graphql';

/** Variables as a request sent them. */
export type Variables = Readonly<Record<string, unknown>>;

/** Returns the default values of the variables of an operation. */
export function defaultsOf({ variableDefinitions = [] }: OperationDefinitionNode): Variables {
  return Object.fromEntries(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue === undefined ? [] : [[variable.name.value, valueFromASTUntyped(defaultValue)]],
    ),
  );
}
