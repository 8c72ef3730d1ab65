import { JSONObjectResolver } from 'graphql-scalars';
import { Arg, Ctx, ID, Int, Query, Resolver } from 'type-graphql';
import type { Explanation } from '../../feed/explain/explanation.js';
import type { Simulation } from '../../feed/explain/explanation.js';
import type { Feed, FeedPage, Ranking } from '../../feed/feed.js';
import { Access, SemanticNonNull } from '../directives.js';
import type { GraphQLContext } from '../context.js';
import { FeedExplanationType, FeedSimulationType } from '../types/explanation.js';
import { FeedPageType, FeedType } from '../types/feed.js';
import { AlgorithmEnum, CandidateMarketInput, RankingType } from '../types/ranking.js';

const feedIdArg = { description: 'Id of the feed.' } as const;

const userKeyArg = {
  nullable: true,
  description: 'Key of the user, 1–128 characters. Null: anonymous user, ranked by country only.',
} as const;

const countryArg = {
  nullable: true,
  description:
    "Country of the user, ISO 3166-1 alpha-2, in any case. Null: the trusted proxy's header, else the last country of the profile.",
} as const;

const limitArg = { defaultValue: 20, description: 'Number of items, 1–100.' } as const;

const algorithmArg = {
  nullable: true,
  description: 'Ranking algorithm. Null: the algorithm that the config assigns to the user.',
} as const;

@Resolver()
export class FeedResolver {
  @Query(() => FeedType, {
    nullable: true,
    description: 'Returns the first page of a feed, ranked for the user.',
  })
  @SemanticNonNull()
  feed(
    @Ctx() { services, country: proxyCountry }: GraphQLContext,
    @Arg('userKey', () => String, userKeyArg) userKey: string | null,
    @Arg('country', () => String, countryArg) country: string | null,
    @Arg('limit', () => Int, limitArg) limit: number,
    @Access('SERVICE')
    @Arg('algorithm', () => AlgorithmEnum, algorithmArg)
    algorithm: 'v1' | 'v2' | null,
  ): Promise<Feed> {
    const request = { userKey, country: country ?? proxyCountry, limit, algorithm };
    return services.feed.feed(request);
  }

  @Query(() => FeedPageType, {
    nullable: true,
    description:
      'Returns the next items of a served feed, without repeats or gaps, for 30 minutes after the feed by default.',
  })
  @SemanticNonNull()
  feedPage(
    @Ctx() { services }: GraphQLContext,
    @Arg('feedId', () => ID, feedIdArg) feedId: string,
    @Arg('after', () => Int, {
      nullable: true,
      description: '`rank` of the last item received. Null: the last item of the first page.',
    })
    after: number | null,
    @Arg('first', () => Int, limitArg) first: number,
  ): Promise<FeedPage> {
    return services.feed.page({ feedId, after, first });
  }

  @Query(() => RankingType, {
    nullable: true,
    description: 'Ranks all requested markets for the user, without the filters of the feed.',
  })
  @SemanticNonNull()
  rankMarkets(
    @Ctx() { services, country: proxyCountry }: GraphQLContext,
    @Arg('userKey', () => String, userKeyArg) userKey: string | null,
    @Arg('marketIds', () => [ID], {
      nullable: true,
      description: 'Ids of stored markets, at most 500. Null: none.',
    })
    marketIds: string[] | null,
    @Arg('country', () => String, countryArg) country: string | null,
    @Arg('candidates', () => [CandidateMarketInput], {
      nullable: true,
      description: 'Markets that are not stored in the gateway, at most 500. Null: none.',
    })
    candidates: CandidateMarketInput[] | null,
    @Access('SERVICE')
    @Arg('algorithm', () => AlgorithmEnum, algorithmArg)
    algorithm: 'v1' | 'v2' | null,
  ): Promise<Ranking> {
    const request = { userKey, marketIds, country: country ?? proxyCountry, candidates, algorithm };
    return services.feed.rank(request);
  }

  @Query(() => FeedExplanationType, {
    nullable: true,
    description:
      'Explains a served feed: the markets that each stage removed, every score component, and a replay.',
  })
  @SemanticNonNull()
  @Access('STAFF')
  explainFeed(
    @Ctx() { services }: GraphQLContext,
    @Arg('feedId', () => ID, feedIdArg) feedId: string,
  ): Promise<Explanation> {
    return services.explain.explain({ feedId });
  }

  @Query(() => FeedSimulationType, {
    nullable: true,
    description: 'Compares the current feed of a user with the feed under a config patch.',
  })
  @SemanticNonNull()
  @Access('STAFF')
  simulateFeed(
    @Ctx() { services }: GraphQLContext,
    @Arg('userKey', () => String, userKeyArg) userKey: string | null,
    @Arg('country', () => String, {
      nullable: true,
      description:
        'Country of the user, ISO 3166-1 alpha-2, in any case. Null: the last country of the profile.',
    })
    country: string | null,
    @Arg('limit', () => Int, limitArg) limit: number,
    @Arg('config', () => JSONObjectResolver, {
      description: 'Patch of the ranking config, with the structure of its file.',
    })
    config: Record<string, unknown>,
  ): Promise<Simulation> {
    const request = { userKey, country, limit, config };
    return services.explain.simulate(request);
  }
}
