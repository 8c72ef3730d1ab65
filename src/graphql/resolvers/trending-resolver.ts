import { Arg, Ctx, FieldResolver, Int, Query, Resolver, Root } from 'type-graphql';
import type { Market } from '../../catalogue/market.js';
import type { Trending, TrendingMarket } from '../../trends/trend-service.js';
import type { GraphQLContext } from '../context.js';
import { MarketType } from '../types/market.js';
import { TrendingMarketType, TrendingType } from '../types/trending.js';

@Resolver(() => TrendingMarketType)
export class TrendingResolver {
  @Query(() => TrendingType, { description: 'What many people do now, in a country or everywhere.' })
  trending(
    @Ctx() { services }: GraphQLContext,
    @Arg('country', () => String, {
      nullable: true,
      description:
        'ISO 3166-1 alpha-2, in any case; its own trend is used when enough people there are active.',
    })
    country: string | null,
    @Arg('limit', () => Int, { defaultValue: 20, description: 'How many, 1–100.' }) limit: number,
  ): Trending {
    return services.trends.top({ country, limit });
  }

  @FieldResolver(() => MarketType, { nullable: true, description: 'The market.' })
  market(
    @Root() { marketId }: TrendingMarket,
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<Market | undefined> {
    return loaders.market.load(marketId);
  }
}
