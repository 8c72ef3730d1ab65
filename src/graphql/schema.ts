import 'reflect-metadata';
import { GraphQLError, GraphQLID, Kind, specifiedDirectives, type GraphQLSchema } from 'graphql';
import { buildSchemaSync, type PubSub } from 'type-graphql';
import { declareAccess, DIRECTIVES } from './directives.js';
import { UNSAFE_ID } from '../lib/input/text-schemas.js';
import { AudienceResolver } from './resolvers/audience-resolver.js';
import { FeedResolver, ServedFeedResolver } from './resolvers/feed-resolver.js';
import { LiveResolver } from './resolvers/live-resolver.js';
import { MarketMomentumResolver, MarketResolver } from './resolvers/market-resolver.js';
import { MonitoringResolver } from './resolvers/monitoring-resolver.js';
import { PrivacyResolver } from './resolvers/privacy-resolver.js';
import { ProfileResolver } from './resolvers/profile-resolver.js';
import { TrackingResolver } from './resolvers/tracking-resolver.js';
import { TrendingResolver } from './resolvers/trending-resolver.js';

/** type-graphql requires a PubSub for subscriptions, although every subscription here has its own event source. */
const unusedPubSub: PubSub = {
  publish: () => {
    throw new Error('PubSub is not used: every subscription has its own event source.');
  },
  subscribe: () => {
    throw new Error('PubSub is not used: every subscription has its own event source.');
  },
};

/** Builds the GraphQL schema. Type-graphql validates no inputs, because the services do. */
export function createSchema(): GraphQLSchema {
  rejectUnsafeIds();
  const schema = buildSchemaSync({
    resolvers: [
      AudienceResolver,
      FeedResolver,
      ServedFeedResolver,
      LiveResolver,
      MarketResolver,
      MarketMomentumResolver,
      MonitoringResolver,
      PrivacyResolver,
      ProfileResolver,
      TrackingResolver,
      TrendingResolver,
    ],
    directives: [...specifiedDirectives, ...DIRECTIVES],
    validate: false,
    pubSub: unusedPubSub,
  });
  declareAccess(schema);
  return schema;
}

/**
 * Makes the scalar `ID` reject numbers that JSON does not keep exactly: by the time a variable reaches the schema, two
 * such ids may have become one, and 38 digits have become `2.17e+37`. Whole numbers up to 2^53 − 1 are accepted. Literals
 * follow the same rule, so that a query means the same with and without variables.
 *
 * graphql-js recognizes `ID` by its object, so this changes the object itself; a second call has no effect.
 */
function rejectUnsafeIds(): void {
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
