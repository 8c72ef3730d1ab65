import { Arg, Ctx, Extensions, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { MarketHistoryPoint } from '../../catalog/market-history.js';
import type { MarketPage } from '../../catalog/market-page.js';
import type { Market } from '../../domain/market.js';
import type { UpsertResult } from '../../catalog/market-writer.js';
import { Access, SemanticNonNull } from '../directives.js';
import type { GraphQLContext } from '../context.js';
import { READS_DATABASE } from '../rules/no-database-fields.js';
import {
  MarketConnectionType,
  MarketFilterInput,
  MarketHistoryPointType,
  MarketType,
} from '../types/market.js';
import { ActivityWindow, MarketActivityType, MarketMomentumType } from '../types/trends.js';
import { MarketInput, UpsertMarketResultType } from '../types/upsert-markets.js';
import type { MarketMomentum } from '../../domain/trends.js';
import { DateTime } from '../types/date-time.js';

@Resolver(() => MarketType)
export class MarketResolver {
  @Query(() => MarketType, {
    nullable: true,
    description: 'Returns one market, open or not. Null: no market has the id.',
  })
  market(
    @Ctx() { loaders }: GraphQLContext,
    @Arg('id', () => ID, { description: 'Id of the market.' }) id: string,
  ): Promise<Market | undefined> {
    return loaders.market.load(id);
  }

  @Query(() => MarketConnectionType, {
    nullable: true,
    description: 'Returns a page of markets, newest first.',
  })
  @SemanticNonNull()
  markets(
    @Ctx() { services }: GraphQLContext,
    @Arg('first', () => Int, { defaultValue: 20, description: 'Number of markets, 1–100.' }) first: number,
    @Arg('after', () => String, {
      nullable: true,
      description: '`endCursor` of the previous page. Null: the first page.',
    })
    after: string | null,
    @Arg('filter', () => MarketFilterInput, {
      nullable: true,
      description: 'Conditions. Null: all markets.',
    })
    filter: MarketFilterInput | null,
  ): Promise<MarketPage> {
    return services.catalog.page({ first, after, filter });
  }

  @Mutation(() => [UpsertMarketResultType], {
    nullable: true,
    description:
      'Creates or updates up to 1,000 markets and returns one result per market, in order. Each is validated separately: an invalid one is REJECTED, and the others are stored.',
  })
  @SemanticNonNull()
  @Access('SERVICE')
  upsertMarkets(
    @Ctx() { services }: GraphQLContext,
    @Arg('markets', () => [MarketInput], { nullable: 'items', description: 'Markets, at most 1,000.' })
    markets: (MarketInput | null)[],
  ): Promise<UpsertResult[]> {
    return services.catalog.upsert(markets);
  }

  @FieldResolver(() => [MarketHistoryPointType], {
    description:
      'Past states, oldest first: the state at `from` if known, then the last change in each of `points` equal intervals. Stored per minute for 48 hours, hourly for 30 days, then daily. All histories of one request are limited to 50,000 points together. Not available in subscriptions.',
  })
  @Extensions(READS_DATABASE)
  history(
    @Root() { id: marketId }: Market,
    @Ctx() { loaders }: GraphQLContext,
    @Arg('from', () => DateTime, {
      nullable: true,
      description: 'Start, before `to`. Null: 7 days before `to`.',
    })
    from: Date | null,
    @Arg('to', () => DateTime, { nullable: true, description: 'End. Null: now.' })
    to: Date | null,
    @Arg('points', () => Int, { defaultValue: 100, description: 'Maximum number of points, 1–500.' })
    points: number,
  ): Promise<readonly MarketHistoryPoint[]> {
    return loaders.history.load({ marketId, from, to, points });
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'Background and resolution rules. Null: none. Not available in subscriptions.',
  })
  @Extensions(READS_DATABASE)
  async description(@Root() { id }: Market, @Ctx() { loaders }: GraphQLContext): Promise<string | null> {
    return (await loaders.marketTexts.load(id))?.description ?? null;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'Text by the editors. Null: none. Not available in subscriptions.',
  })
  @Extensions(READS_DATABASE)
  async editorialDescription(
    @Root() { id }: Market,
    @Ctx() { loaders }: GraphQLContext,
  ): Promise<string | null> {
    return (await loaders.marketTexts.load(id))?.editorialDescription ?? null;
  }

  @FieldResolver(() => MarketMomentumType, {
    nullable: true,
    description:
      'Recent changes, computed every minute. Null: the market was not open at the last computation.',
  })
  momentum(@Root() { id }: Market, @Ctx() { services }: GraphQLContext): MarketMomentum | null {
    return services.trending.momentum(id);
  }
}

@Resolver(() => MarketMomentumType)
export class MarketMomentumResolver {
  @FieldResolver(() => MarketActivityType, {
    description: 'Views and trades within a window of time that ends at `computedAt`.',
  })
  activity(
    @Root() momentum: MarketMomentum,
    @Arg('window', () => ActivityWindow, {
      defaultValue: ActivityWindow.DAY,
      description: 'Window of time.',
    })
    window: keyof typeof ActivityWindow,
  ): MarketActivityType {
    return activityOf[window](momentum);
  }
}

const activityOf = {
  FIVE_MINUTES: ({ views5m, participations5m }) => ({ views: views5m, participations: participations5m }),
  HOUR: ({ views1h, participations1h }) => ({ views: views1h, participations: participations1h }),
  DAY: ({ views24h, participations24h }) => ({ views: views24h, participations: participations24h }),
} satisfies Record<keyof typeof ActivityWindow, (momentum: MarketMomentum) => MarketActivityType>;
