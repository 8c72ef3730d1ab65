import 'reflect-metadata';
import { lexicographicSortSchema, printSchema, type GraphQLSchema } from 'graphql';
import { buildSchemaSync } from 'type-graphql';
import { ExplainResolver } from './resolvers/explain-resolver.js';
import { FeedResolver } from './resolvers/feed-resolver.js';
import { MarketResolver } from './resolvers/market-resolver.js';
import { ProfileResolver } from './resolvers/profile-resolver.js';
import { TrackedEventResolver, TrackingResolver } from './resolvers/tracking-resolver.js';
import { TrendingResolver } from './resolvers/trending-resolver.js';

/** The GraphQL schema as it runs. Inputs are checked by the services, so no validator is plugged in. */
export function createSchema(): GraphQLSchema {
  return buildSchemaSync({
    resolvers: [
      ExplainResolver,
      FeedResolver,
      MarketResolver,
      ProfileResolver,
      TrackingResolver,
      TrackedEventResolver,
      TrendingResolver,
    ],
    validate: false,
  });
}

/** The schema as SDL, in an order that does not depend on the code's. */
export function printSdl(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
