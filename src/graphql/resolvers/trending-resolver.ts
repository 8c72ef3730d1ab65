import { Arg, Ctx, Int, Query, Resolver } from 'type-graphql';
import type { RisingMarket } from '../../feed/rising-list.js';
import type { Trending } from '../../feed/trending-list.js';
import type { GraphQLContext } from '../context.js';
import { RisingMarketType, TrendingType } from '../types/trending.js';

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
    return services.crowd.trending({ country: country ?? here, limit });
  }

  @Query(() => [RisingMarketType], {
    description:
      'The markets whose odds moved most within 24 hours, weighed by volume, the strongest first; of those that can be shown now.',
  })
  rising(
    @Ctx() { services, country: here }: GraphQLContext,
    @Arg('country', () => String, {
      nullable: true,
      description: 'ISO 3166-1 alpha-2, in any case; what is blocked there is left out.',
    })
    country: string | null,
    @Arg('limit', () => Int, { defaultValue: 20, description: 'How many, 1–100.' }) limit: number,
  ): RisingMarket[] {
    return services.crowd.rising({ country: country ?? here, limit });
  }
}
