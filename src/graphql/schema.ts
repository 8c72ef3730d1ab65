import 'reflect-metadata';
import { lexicographicSortSchema, printSchema, type GraphQLSchema } from 'graphql';
import { buildSchemaSync, type PubSub } from 'type-graphql';
import { ExplainResolver } from './resolvers/explain-resolver.js';
import { FeedResolver } from './resolvers/feed-resolver.js';
import { JobResolver } from './resolvers/job-resolver.js';
import { LiveResolver } from './resolvers/live-resolver.js';
import { MarketFieldsResolver } from './resolvers/market-fields-resolver.js';
import { MarketResolver } from './resolvers/market-resolver.js';
import { ProfileResolver } from './resolvers/profile-resolver.js';
import { SinkResolver } from './resolvers/sink-resolver.js';
import { TrackedEventResolver, TrackingResolver } from './resolvers/tracking-resolver.js';
import { TrendingResolver } from './resolvers/trending-resolver.js';
import { rejectUnsafeIds } from './safe-ids.js';

/** A schema with subscriptions is not built without one, though each of ours brings its own source. */
const noPubSub: PubSub = {
  publish: () => {
    throw new Error('Nothing is published to a topic here.');
  },
  subscribe: () => {
    throw new Error('No topic can be subscribed to here.');
  },
};

/** The GraphQL schema as it runs. Inputs are checked by the services, so no validator is plugged in. */
export function createSchema(): GraphQLSchema {
  rejectUnsafeIds();
  return buildSchemaSync({
    resolvers: [
      ExplainResolver,
      FeedResolver,
      JobResolver,
      LiveResolver,
      MarketFieldsResolver,
      MarketResolver,
      ProfileResolver,
      SinkResolver,
      TrackingResolver,
      TrackedEventResolver,
      TrendingResolver,
    ],
    validate: false,
    pubSub: noPubSub,
  });
}

/** The schema as SDL, in an order that does not depend on the code's. */
export function printSdl(schema: GraphQLSchema): string {
  return `${printSchema(lexicographicSortSchema(schema))}\n`;
}
