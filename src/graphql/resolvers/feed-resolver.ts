import { JSONObjectResolver } from 'graphql-scalars';
import { Arg, Ctx, Extensions, FieldResolver, ID, Int, Query, Resolver, Root } from 'type-graphql';
import { aliasUseOf, readableUsers, requestedUser } from '../../auth/viewer.js';
import type { Explanation } from '../../feed/explain/explanation.js';
import type { Simulation } from '../../feed/explain/explanation.js';
import type { Feed, FeedItemConnection, Ranking } from '../../feed/feed.js';
import type { PageableFeed } from '../../feed/feed-service.js';
import { SemanticNonNull } from '../directives.js';
import type { GraphQLContext } from '../context.js';
import { IMMUTABLE_VALUE } from '../root-field.js';
import { AlgorithmEnum } from '../types/algorithm.js';
import { FeedExplanationType, FeedSimulationType } from '../types/explanation.js';
import { FeedItemConnectionType, FeedType, ServedFeedType } from '../types/feed.js';
import { CandidateMarketInput, RankingType } from '../types/ranking.js';
import { countArg, countryArg } from './common-arguments.js';

const userKeyArg = {
  nullable: true,
  description:
    'Key of the user, 1–128 characters. Null: the user of the client token; for other callers an anonymous user, ranked by country only. Another user than that of a client token is FORBIDDEN.',
} as const;

const afterArg = {
  nullable: true,
  description:
    '`endCursor` of the previous page, or the cursor of an item, of the same feed. Null: starts with the hero. A cursor of a feed with another id is BAD_USER_INPUT.',
} as const;

const algorithmArg = {
  nullable: true,
  description: 'Ranking algorithm. Null: the algorithm that the config assigns to the user.',
} as const;

@Resolver(() => FeedType)
export class FeedResolver {
  @Query(() => FeedType, { nullable: true, description: 'Returns a feed, ranked for the user.' })
  @SemanticNonNull()
  @Extensions(IMMUTABLE_VALUE)
  feed(
    @Ctx() { services, viewer, country: proxyCountry }: GraphQLContext,
    @Arg('userKey', () => String, userKeyArg) userKey: string | null,
    @Arg('country', () => String, countryArg) country: string | null,
    @Arg('limit', () => Int, countArg('Number of items of `hero`, `grid`, and `stream` together'))
    limit: number | null,
    @Arg('algorithm', () => AlgorithmEnum, algorithmArg)
    algorithm: 'v1' | 'v2' | null,
  ): Promise<Feed> {
    const user = requestedUser(viewer, userKey);
    return services.feed.feed(
      { userKey: user, country: country ?? proxyCountry, limit, algorithm },
      aliasUseOf(viewer),
    );
  }

  @FieldResolver(() => FeedItemConnectionType, {
    nullable: true,
    description:
      'Returns all items of the feed in the order of its ranking: first those of `hero`, `grid`, and `stream`, then the ones that follow, by default 200 in all. Request further pages from `servedFeed`, because a later `feed` may have another id. Of the items that follow, markets that the user hid in the meantime and deleted ones are left out; the others keep their ranks.',
  })
  @SemanticNonNull()
  items(
    @Root() feed: Feed,
    @Ctx() { services }: GraphQLContext,
    @Arg('first', () => Int, countArg('Number of items')) first: number | null,
    @Arg('after', () => String, afterArg) after: string | null,
  ): Promise<FeedItemConnection> {
    return services.feed.itemsOf(feed, { first, after });
  }

  @Query(() => ServedFeedType, {
    nullable: true,
    description:
      'Returns a feed that was served, to continue it, on any replica. Null: the id is unknown, the feed is older than 30 minutes by default, or it is of a user whose data the caller may not read.',
  })
  servedFeed(
    @Ctx() { services, viewer }: GraphQLContext,
    @Arg('id', () => ID, { description: 'Id of the feed.' }) id: string,
  ): Promise<PageableFeed | null> {
    return services.feed.served(id, readableUsers(viewer));
  }

  @Query(() => RankingType, {
    nullable: true,
    description: 'Ranks all requested markets for the user, without the filters of the feed.',
  })
  @SemanticNonNull()
  rankMarkets(
    @Ctx() { services, viewer, country: proxyCountry }: GraphQLContext,
    @Arg('userKey', () => String, userKeyArg) userKey: string | null,
    @Arg('marketIds', () => [ID], {
      nullable: true,
      description: 'Ids of stored markets, at most 500. Null: none; `candidates` is then required.',
    })
    marketIds: string[] | null,
    @Arg('country', () => String, countryArg) country: string | null,
    @Arg('candidates', () => [CandidateMarketInput], {
      nullable: true,
      description:
        'Markets that are not stored in the gateway, at most 500. Null: none; `marketIds` is then required.',
    })
    candidates: CandidateMarketInput[] | null,
    @Arg('algorithm', () => AlgorithmEnum, algorithmArg)
    algorithm: 'v1' | 'v2' | null,
  ): Promise<Ranking> {
    const user = requestedUser(viewer, userKey);
    const request = { userKey: user, marketIds, country: country ?? proxyCountry, candidates, algorithm };
    return services.feed.rank(request, aliasUseOf(viewer));
  }

  @Query(() => FeedExplanationType, {
    nullable: true,
    description:
      'Explains a served feed: the markets that each stage removed, every score component, and a replay. A feed that is unknown or no longer stored is NOT_FOUND; feeds are stored for a day.',
  })
  @SemanticNonNull()
  explainFeed(
    @Ctx() { services, viewer }: GraphQLContext,
    @Arg('feedId', () => ID, { description: 'Id of the feed.' }) feedId: string,
  ): Promise<Explanation> {
    return services.explain.explain({ feedId }, readableUsers(viewer));
  }

  @Query(() => FeedSimulationType, {
    nullable: true,
    description: 'Compares the current feed of a user with the feed under a config patch.',
  })
  @SemanticNonNull()
  simulateFeed(
    @Ctx() { services, viewer }: GraphQLContext,
    @Arg('userKey', () => String, userKeyArg) userKey: string | null,
    @Arg('country', () => String, {
      nullable: true,
      description:
        "Country of the user, ISO 3166-1 alpha-2, in any case. Null: the last country in the profile of the user; never the trusted proxy's header, which is that of the caller.",
    })
    country: string | null,
    @Arg('limit', () => Int, countArg('Number of items')) limit: number | null,
    @Arg('config', () => JSONObjectResolver, {
      description: 'Patch of the ranking config, with the structure of its file.',
    })
    config: Record<string, unknown>,
  ): Promise<Simulation> {
    const user = requestedUser(viewer, userKey);
    return services.explain.simulate({ userKey: user, country, limit, config }, aliasUseOf(viewer));
  }
}

@Resolver(() => ServedFeedType)
export class ServedFeedResolver {
  @FieldResolver(() => FeedItemConnectionType, {
    nullable: true,
    description:
      'Returns items in the order of the served feed, the hero first. Markets that the user hid in the meantime and deleted ones are left out; the others keep their ranks. Items of `hero`, `grid`, and `stream` have the `score` that they were served with; `scores` and `reason`, and the `score` of the items that follow, are current.',
  })
  @SemanticNonNull()
  items(
    @Root() feed: PageableFeed,
    @Ctx() { services }: GraphQLContext,
    @Arg('first', () => Int, countArg('Number of items')) first: number | null,
    @Arg('after', () => String, afterArg) after: string | null,
  ): Promise<FeedItemConnection> {
    return services.feed.servedItems(feed, { first, after });
  }
}
