import { Arg, Ctx, ID, Int, Mutation, Query, Resolver } from 'type-graphql';
import type { UpsertResult } from '../../catalog/upsert.js';
import type { MarketPage } from '../../catalog/market-page.js';
import type { Market } from '../../catalog/market.js';
import type { GraphQLContext } from '../context.js';
import { MarketType } from '../types/market.js';
import { MarketConnectionType, MarketFilterInput } from '../types/market-connection.js';
import { MarketInput, UpsertMarketResultType } from '../types/upsert-markets.js';

@Resolver()
export class MarketResolver {
  @Query(() => MarketType, {
    nullable: true,
    description: 'One market, open or not; null when there is none.',
  })
  market(
    @Ctx() { loaders }: GraphQLContext,
    @Arg('id', () => ID, { description: "The site's own id of the market." }) id: string,
  ): Promise<Market | undefined> {
    return loaders.market.load(id);
  }

  @Query(() => MarketConnectionType, { description: 'The markets, newest first, page by page.' })
  markets(
    @Ctx() { services }: GraphQLContext,
    @Arg('first', () => Int, { defaultValue: 20, description: 'How many, 1–100.' }) first: number,
    @Arg('after', () => String, { nullable: true, description: 'The `endCursor` of the page before.' })
    after: string | null,
    @Arg('filter', () => MarketFilterInput, { nullable: true, description: 'Which ones; else all.' })
    filter: MarketFilterInput | null,
  ): Promise<MarketPage> {
    return services.catalog.page({ first, after, filter });
  }

  @Mutation(() => [UpsertMarketResultType], {
    description:
      'Creates or updates up to 1,000 markets and returns one result per market, in order. Each is validated on its own: an invalid one is REJECTED, and the others are stored.',
  })
  upsertMarkets(
    @Ctx() { services }: GraphQLContext,
    @Arg('markets', () => [MarketInput], { nullable: 'items', description: 'The markets, at most 1,000.' })
    markets: (MarketInput | null)[],
  ): Promise<UpsertResult[]> {
    return services.catalog.upsert(markets);
  }
}
