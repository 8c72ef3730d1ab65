import { MapperKind, mapSchema, printSchemaWithDirectives, pruneSchema } from '@graphql-tools/utils';
import { lexicographicSortSchema, type GraphQLSchema } from 'graphql';
import { ruleOf } from '../auth/policy.js';
import type { Role } from '../auth/viewer.js';

/**
 * Prints the schema as SDL with its applied directives, sorted by name so that the output does not depend on the order of
 * the code.
 *
 * @param role prints only what this role may use. Default: everything.
 */
export function printSdl(schema: GraphQLSchema, role?: Role): string {
  const printed = role === undefined ? schema : schemaForRole(schema, role);
  return `${printSchemaWithDirectives(lexicographicSortSchema(printed))}\n`;
}

/**
 * The schema without the elements that a role may not use, and without the types that only those use. It keeps fields
 * whose values are hidden from the role, so that a document can be written once for all roles.
 */
function schemaForRole(schema: GraphQLSchema, role: Role): GraphQLSchema {
  const isVisible = (coordinate: string): boolean => {
    const { roles, hides } = ruleOf(coordinate);
    return roles.includes(role) || hides === true;
  };
  const visible = mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: (field, name, type) => {
      const coordinate = `${type}.${name}`;
      if (!isVisible(coordinate)) return null;
      const args = Object.entries(field.args ?? {}).filter(([argument]) =>
        isVisible(`${coordinate}(${argument}:)`),
      );
      return { ...field, args: Object.fromEntries(args) };
    },
  });
  return pruneSchema(visible);
}
