import { GraphQLError, GraphQLScalarType } from 'graphql';
import { DateTimeISOResolver } from 'graphql-scalars';

/** Instants, which resolvers return and receive as `Date`. */
export const DateTime = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description:
    'Instant in ISO 8601 with time and zone, such as "2026-06-15T12:00:00.000Z". Output is always in UTC with milliseconds.',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
  serialize: (value) => {
    if (value instanceof Date) return value.toISOString();
    throw new GraphQLError('A DateTime field returned no Date.');
  },
  parseValue: (value) => DateTimeISOResolver.parseValue(value),
  parseLiteral: (node, variables) => DateTimeISOResolver.parseLiteral(node, variables),
});
