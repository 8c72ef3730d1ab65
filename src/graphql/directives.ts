import {
  DirectiveLocation,
  GraphQLDirective,
  GraphQLEnumType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
} from 'graphql';
import { Directive } from 'type-graphql';

/** Roles of callers, each with the rights of those before it. */
export const ROLES = ['CLIENT', 'SERVICE', 'STAFF'] as const;

export type Role = (typeof ROLES)[number];

const RoleEnum = new GraphQLEnumType({
  name: 'Role',
  description: 'Role of a caller. Each has the rights of those before it: CLIENT, SERVICE, STAFF.',
  values: {
    CLIENT: { description: 'Frontend that acts for one user.' },
    SERVICE: { description: 'Backend of the site, which acts for any user.' },
    STAFF: { description: 'Person who operates or tunes the gateway.' },
  },
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

/** Marks an element that is not meant for every caller. */
export const ACCESS = new GraphQLDirective({
  name: 'access',
  description: 'The element is meant for callers of this role or a higher one.',
  locations: [
    DirectiveLocation.FIELD_DEFINITION,
    DirectiveLocation.ARGUMENT_DEFINITION,
    DirectiveLocation.INPUT_FIELD_DEFINITION,
  ],
  args: { role: { type: new GraphQLNonNull(RoleEnum), description: 'The lowest role.' } },
});

export const DIRECTIVES: readonly GraphQLDirective[] = [semanticNonNull, ACCESS];

/** Decorates a nullable field that is null only when the response has an error for it. */
export function SemanticNonNull(): MethodDecorator & PropertyDecorator {
  return Directive('@semanticNonNull');
}

/** Decorates a field, argument or input field that callers below a role do not need. */
export function Access(
  role: Exclude<Role, 'CLIENT'>,
): MethodDecorator & PropertyDecorator & ParameterDecorator {
  return Directive(`@access(role: ${role})`);
}
