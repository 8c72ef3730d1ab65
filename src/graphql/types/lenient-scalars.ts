import { GraphQLScalarType, valueFromASTUntyped } from 'graphql';

const ACCEPTED =
  'Any other value passes GraphQL validation and rejects its item of the batch, not the request.';

/**
 * Input scalars for the items of a batch. GraphQL rejects a whole request for one value of a wrong type, before any
 * resolver runs. These scalars pass every value on, and the services validate each item separately.
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
  'Id: text, or a whole number from −(2^53 − 1) to 2^53 − 1, which is coerced to text.',
);

export const LenientInt = lenient(
  'LenientInt',
  'Number. Fractions are coerced only where the field description says so.',
);

export const LenientFloat = lenient('LenientFloat', 'Number.');

export const LenientDateTime = lenient(
  'LenientDateTime',
  'Instant in ISO 8601 with time and zone, such as "2026-06-15T12:00:00Z".',
);

export const LenientJSONObject = lenient('LenientJSONObject', 'JSON object.');

export const LenientInteractionType = lenient(
  'LenientInteractionType',
  'Name of an `InteractionType` value.',
);

export const LenientFeedSection = lenient('LenientFeedSection', 'Name of a `FeedSection` value.');

export const LenientMarketStatus = lenient('LenientMarketStatus', 'Name of a `MarketStatus` value.');
