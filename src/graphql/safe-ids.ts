import { GraphQLError, GraphQLID, Kind } from 'graphql';
import { UNSAFE_ID } from '../lib/input/id-text.js';

/**
 * Makes the scalar `ID` reject numbers that JSON does not keep exactly: by the time a variable reaches the schema, two
 * such ids may have become one, and 38 digits have become `2.17e+37`. Whole numbers up to 2^53 − 1 are accepted. Literals
 * follow the same rule, so that a query means the same with and without variables.
 *
 * graphql-js recognizes `ID` by its object, so the object itself is changed; doing so twice has no effect.
 */
export function rejectUnsafeIds(): void {
  GraphQLID.parseValue = (value) => {
    if (typeof value === 'string') return value;
    if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value);
    throw new GraphQLError(`An ID ${UNSAFE_ID}.`);
  };
  GraphQLID.parseLiteral = (node) => {
    if (node.kind === Kind.STRING) return node.value;
    if (node.kind === Kind.INT && Number.isSafeInteger(Number(node.value))) return node.value;
    throw new GraphQLError(`An ID ${UNSAFE_ID}.`, { nodes: node });
  };
}
