import { GraphQLScalarType, valueFromASTUntyped } from 'graphql';

const ACCEPTED = 'Any other value is accepted here and rejects its item of the batch, not the whole request.';

/**
 * Input scalars for the items of a batch. GraphQL rejects a whole request for one value of a wrong type, before any
 * resolver runs; these scalars pass every value on, and the services validate each item on its own.
 */
function lenient(name: string, expected: string): GraphQLScalarType {
  return new GraphQLScalarType({
    name,
    description: `${expected} ${ACCEPTED}`,
    parseValue: (value) => value,
    parseLiteral: (literal, variables) => valueFromASTUntyped(literal, variables),
  });
}

export const LenientString = lenient('LenientString', 'Text.');

export const LenientID = lenient(
  'LenientID',
  'An id: text, or a whole number from −(2^53 − 1) to 2^53 − 1, which is coerced to text.',
);

export const LenientInt = lenient(
  'LenientInt',
  'A number. Fractions are coerced only where the field says so.',
);

export const LenientFloat = lenient('LenientFloat', 'A number.');

export const LenientDateTime = lenient(
  'LenientDateTime',
  'An instant in ISO 8601 with a time and a zone, such as "2026-06-15T12:00:00Z".',
);

export const LenientJSONObject = lenient('LenientJSONObject', 'A JSON object.');

export const LenientEventType = lenient('LenientEventType', 'The name of an `EventType`.');

export const LenientFeedSection = lenient('LenientFeedSection', 'The name of a `FeedSection`.');

export const LenientMarketStatus = lenient('LenientMarketStatus', 'The name of a `MarketStatus`.');
