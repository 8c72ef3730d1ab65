import { Arg, Ctx, ID, Int, Query, Resolver } from 'type-graphql';
import type { Feed, Ranking } from '../../feed/feed.js';
import type { GraphQLContext } from '../context.js';
import { FeedType } from '../types/feed.js';
import { CandidateMarketInput, RankingType } from '../types/ranking.js';

const userKeyArg = {
  nullable: true,
  description:
    "The site's own key of the person, 1–128 characters; without it the feed is the same for everyone.",
} as const;

const countryArg = {
  nullable: true,
  description: "Where the person is: ISO 3166-1 alpha-2, in any case; else the profile's country.",
} as const;

@Resolver()
export class FeedResolver {
  @Query(() => FeedType, { description: 'The markets that this person should see now.' })
  feed(
    @Ctx() { services, loaders }: GraphQLContext,
    @Arg('userKey', () => String, userKeyArg) userKey: string | null,
    @Arg('country', () => String, countryArg) country: string | null,
    @Arg('limit', () => Int, { defaultValue: 20, description: 'How many markets, 1–100.' }) limit: number,
  ): Promise<Feed> {
    return services.feed.feed({ userKey, country, limit }, (key) => loaders.profile.load(key));
  }

  @Query(() => RankingType, {
    description: "Puts all given markets in the order for this person, without the feed's filters.",
  })
  rankMarkets(
    @Ctx() { services, loaders }: GraphQLContext,
    @Arg('userKey', () => String, userKeyArg) userKey: string | null,
    @Arg('marketIds', () => [ID], { nullable: true, description: 'Stored markets, at most 500.' })
    marketIds: string[] | null,
    @Arg('country', () => String, countryArg) country: string | null,
    @Arg('candidates', () => [CandidateMarketInput], {
      nullable: true,
      description: 'Markets that are not stored here, at most 500.',
    })
    candidates: CandidateMarketInput[] | null,
  ): Promise<Ranking> {
    const request = { userKey, marketIds, country, candidates };
    return services.feed.rank(request, (key) => loaders.profile.load(key));
  }
}
