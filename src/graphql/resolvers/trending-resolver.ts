import { Arg, Ctx, Int, Query, Resolver } from 'type-graphql';
import type { Trending } from '../../feed/trending-list.js';
import type { GraphQLContext } from '../context.js';
import { TrendingType } from '../types/trending.js';

@Resolver()
export class TrendingResolver {
  @Query(() => TrendingType, { description: 'What many people do now, in a country or everywhere.' })
  trending(
    @Ctx() { services, country: here }: GraphQLContext,
    @Arg('country', () => String, {
      nullable: true,
      description:
        'ISO 3166-1 alpha-2, in any case; its own trend is used when enough people there are active.',
    })
    country: string | null,
    @Arg('limit', () => Int, { defaultValue: 20, description: 'How many, 1–100.' }) limit: number,
  ): Trending {
    return services.feed.trending({ country: country ?? here, limit });
  }
}
