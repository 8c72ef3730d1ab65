import { MapperKind, mapSchema, printSchemaWithDirectives, pruneSchema } from '@graphql-tools/utils';
import {
  getDirectiveValues,
  lexicographicSortSchema,
  type ASTNode,
  type DirectiveNode,
  type GraphQLSchema,
} from 'graphql';
import { ACCESS, ROLES, type Role } from './directives.js';

/**
 * Prints the schema as SDL with its applied directives, sorted by name so that the output does not depend on the order of
 * the code.
 *
 * @param role prints only what is meant for callers of this role. Default: everything.
 */
export function printSdl(schema: GraphQLSchema, role: Role = 'STAFF'): string {
  const printed = role === 'STAFF' ? schema : schemaForRole(schema, role);
  return `${printSchemaWithDirectives(lexicographicSortSchema(printed))}\n`;
}

/** The schema without the elements that `@access` keeps from a role, and without the types that only those use. */
function schemaForRole(schema: GraphQLSchema, role: Role): GraphQLSchema {
  const isHidden = ({ astNode }: { readonly astNode?: Maybe<NodeWithDirectives> }): boolean => {
    const access = astNode ? getDirectiveValues(ACCESS, astNode) : undefined;
    return access !== undefined && ROLES.indexOf(access['role'] as Role) > ROLES.indexOf(role);
  };
  const visible = mapSchema(schema, {
    [MapperKind.OBJECT_FIELD]: (field) => {
      if (isHidden(field)) return null;
      const args = Object.entries(field.args ?? {}).filter(([, argument]) => !isHidden(argument));
      return { ...field, args: Object.fromEntries(args) };
    },
    // Nothing that the lowest role sees is marked.
    [MapperKind.DIRECTIVE]: ({ name }) => (role === 'CLIENT' && name === ACCESS.name ? null : undefined),
    [MapperKind.INPUT_OBJECT_FIELD]: (field) => (isHidden(field) ? null : undefined),
  });
  return pruneSchema(visible);
}

type Maybe<Value> = Value | null | undefined;
type NodeWithDirectives = ASTNode & { readonly directives?: readonly DirectiveNode[] };
