import {
  DirectiveLocation,
  GraphQLBoolean,
  GraphQLDirective,
  GraphQLEnumType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  isObjectType,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLSchema,
} from 'graphql';
import { Directive } from 'type-graphql';
import { isRestricted, ruleOf } from '../auth/policy.js';
import type { Role } from '../auth/viewer.js';

const RoleEnum = new GraphQLEnumType({
  name: 'Role',
  description: 'Role of a caller.',
  values: {
    ANONYMOUS: { description: 'Caller without credentials.' },
    CLIENT: { description: 'Frontend that acts for the user of its token.' },
    SERVICE: { description: 'Backend of the site, which acts for any user.' },
    MONITOR: { description: 'Monitoring system, which reads no user data.' },
    ADMIN: { description: 'Person who operates or tunes the gateway.' },
    SUPERADMIN: { description: 'Person who may do everything.' },
  } satisfies Record<Role, unknown>,
});

/** Marks a field whose null always comes with an error, so that clients that throw on errors can type it as non-null. */
const semanticNonNull = new GraphQLDirective({
  name: 'semanticNonNull',
  description:
    'The field is null only if the response has an error for it. `levels` names the list levels that this holds for, 0 being the field itself.',
  locations: [DirectiveLocation.FIELD_DEFINITION],
  args: {
    levels: {
      type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(GraphQLInt))),
      defaultValue: [0],
      description: 'List levels, from 0.',
    },
  },
});

/** Marks an element that not every role may use. {@link declareAccess} applies it by the access policy. */
const access = new GraphQLDirective({
  name: 'access',
  description:
    'Only these roles may use the element. An operation of another role that selects the field, or gives the argument a value, is FORBIDDEN; without credentials, it is UNAUTHENTICATED.',
  locations: [DirectiveLocation.FIELD_DEFINITION, DirectiveLocation.ARGUMENT_DEFINITION],
  args: {
    roles: {
      type: new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(RoleEnum))),
      description: 'The roles.',
    },
    hides: {
      type: new GraphQLNonNull(GraphQLBoolean),
      defaultValue: false,
      description: 'Whether other roles get null, or an empty list, instead of an error.',
    },
  },
});

export const DIRECTIVES: readonly GraphQLDirective[] = [semanticNonNull, access];

/** Marks the fields and arguments of a schema that the access policy restricts. */
export function declareAccess(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const coordinate = `${type.name}.${field.name}`;
      declareRule(field, coordinate);
      for (const argument of field.args) declareRule(argument, `${coordinate}(${argument.name}:)`);
    }
  }
}

function declareRule(element: GraphQLField<unknown, unknown> | GraphQLArgument, coordinate: string): void {
  const rule = ruleOf(coordinate);
  if (!isRestricted(rule)) return;
  const { roles, hides } = rule;
  element.extensions = {
    ...element.extensions,
    directives: { access: hides === undefined ? { roles } : { roles, hides } },
  };
}

/** Decorates a nullable field that is null only when the response has an error for it. */
export function SemanticNonNull(): MethodDecorator & PropertyDecorator {
  return Directive('@semanticNonNull');
}
