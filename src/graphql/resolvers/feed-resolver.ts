import { Arg, Ctx, ID, Int, Query, Resolver } from 'type-graphql';
import type { Feed, FeedPage, Ranking } from '../../feed/feed.js';
import type { GraphQLContext } from '../context.js';
import { AlgorithmEnum } from '../types/algorithm.js';
import { FeedPageType, FeedType } from '../types/feed.js';
import { CandidateMarketInput, RankingType } from '../types/ranking.js';
import { algorithmArg, countryArg, limitArg, userKeyArg } from './feed-args.js';

@Resolver()
export class FeedResolver {
  @Query(() => FeedType, { description: 'The markets that this person should see now.' })
  feed(
    @Ctx() { services, loaders, country: here }: GraphQLContext,
    @Arg('userKey', () => String, userKeyArg) userKey: string | null,
    @Arg('country', () => String, countryArg) country: string | null,
    @Arg('limit', () => Int, limitArg) limit: number,
    @Arg('algorithm', () => AlgorithmEnum, algorithmArg) algorithm: 'v1' | 'v2' | null,
  ): Promise<Feed> {
    const request = { userKey, country: country ?? here, limit, algorithm };
    return services.feed.feed(request, loaders.profile);
  }

  @Query(() => FeedPageType, {
    description: 'How a feed goes on, for 30 minutes, without repeat or gap, whatever changed meanwhile.',
  })
  feedPage(
    @Ctx() { services, loaders }: GraphQLContext,
    @Arg('feedId', () => ID, { description: 'The `id` of the feed.' }) feedId: string,
    @Arg('after', () => Int, {
      nullable: true,
      description: 'The `rank` of the last item that you have; else the end of the first page.',
    })
    after: number | null,
    @Arg('first', () => Int, limitArg) first: number,
  ): Promise<FeedPage> {
    return services.feed.page({ feedId, after, first }, loaders.profile);
  }

  @Query(() => RankingType, {
    description: "Puts all given markets in the order for this person, without the feed's filters.",
  })
  rankMarkets(
    @Ctx() { services, loaders, country: here }: GraphQLContext,
    @Arg('userKey', () => String, userKeyArg) userKey: string | null,
    @Arg('marketIds', () => [ID], { nullable: true, description: 'Stored markets, at most 500.' })
    marketIds: string[] | null,
    @Arg('country', () => String, countryArg) country: string | null,
    @Arg('candidates', () => [CandidateMarketInput], {
      nullable: true,
      description: 'Markets that are not stored here, at most 500.',
    })
    candidates: CandidateMarketInput[] | null,
    @Arg('algorithm', () => AlgorithmEnum, algorithmArg) algorithm: 'v1' | 'v2' | null,
  ): Promise<Ranking> {
    const request = { userKey, marketIds, country: country ?? here, candidates, algorithm };
    return services.feed.rank(request, loaders.profile);
  }
}
