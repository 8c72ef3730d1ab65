import { z } from 'zod';
import { Arg, Ctx, Extensions, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { DEFAULT_POINTS, MAX_POINTS, type MarketHistoryPoint } from '../../catalog/market-history.js';
import type { MarketPage } from '../../catalog/market-page.js';
import { topicKey, type Market } from '../../domain/market.js';
import { checkInput } from '../../lib/input/check-input.js';
import type { UpsertResult } from '../../catalog/market-writer.js';
import { SemanticNonNull } from '../directives.js';
import type { GraphQLContext } from '../context.js';
import { MAX_MARKET_IDS } from '../rules/limits.js';
import { READS_DATABASE } from '../rules/no-database-fields.js';
import {
  MarketConnectionType,
  MarketFilterInput,
  MarketHistoryPointType,
  MarketOrderInput,
  MarketType,
} from '../types/market.js';
import { ActivityWindow, MarketActivityType, MarketMomentumType } from '../types/trends.js';
import { TopicKind, TopicType } from '../types/topic.js';
import { UpsertMarketsInput, UpsertMarketsPayloadType } from '../types/upsert-markets.js';
import type { MarketMomentum } from '../../domain/trends.js';
import { DateTime } from '../types/date-time.js';
import { countArg } from './common-arguments.js';

type Topic = Pick<TopicType, 'key' | 'label' | 'kind'>;

const marketIdList = z.array(z.string()).max(MAX_MARKET_IDS, `must have at most ${MAX_MARKET_IDS} entries`);

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

  @Query(() => [MarketType], {
    nullable: 'itemsAndList',
    description:
      'Returns markets, open or not, as a list of the same length and order as `ids`. A null entry: no market has the id.',
  })
  @SemanticNonNull()
  marketsByIds(
    @Ctx() { loaders }: GraphQLContext,
    @Arg('ids', () => [ID], { description: 'Ids of markets, at most 100; an id may occur twice.' })
    ids: string[],
  ): Promise<(Market | undefined | Error)[]> {
    return loaders.market.loadMany(checkInput(marketIdList, ids, 'ids'));
  }

  @Query(() => MarketConnectionType, {
    nullable: true,
    description: 'Returns a page of markets, open or not; by default newest first.',
  })
  @SemanticNonNull()
  markets(
    @Ctx() { services }: GraphQLContext,
    @Arg('first', () => Int, countArg('Maximum number of markets')) first: number | null,
    @Arg('after', () => String, {
      nullable: true,
      description: '`endCursor` of the previous page, with the same `orderBy`. Null: the first page.',
    })
    after: string | null,
    @Arg('filter', () => MarketFilterInput, {
      nullable: true,
      description: 'Conditions. Null: all markets.',
    })
    filter: MarketFilterInput | null,
    @Arg('orderBy', () => MarketOrderInput, {
      nullable: true,
      description: 'Order. Null: newest first.',
    })
    orderBy: MarketOrderInput | null,
  ): Promise<MarketPage> {
    return services.catalog.page({ first, after, filter, orderBy });
  }

  @Mutation(() => UpsertMarketsPayloadType, {
    nullable: true,
    description:
      'Creates or updates up to 1,000 markets. Each is validated separately: an invalid one is REJECTED, and the others are stored.',
  })
  @SemanticNonNull()
  async upsertMarkets(
    @Ctx() { services }: GraphQLContext,
    @Arg('input', () => UpsertMarketsInput, { description: 'Markets to create or update.' })
    { markets }: UpsertMarketsInput,
  ): Promise<{ results: UpsertResult[] }> {
    return { results: await services.catalog.upsert(markets) };
  }

  @FieldResolver(() => [TopicType], {
    description:
      'Category and tags with the keys by which topics are compared: the category first, then the tags with another key, in their order.',
  })
  topics(@Root() { category, tags }: Market): readonly Topic[] {
    const main = topicKey(category);
    return [
      { key: main, label: category, kind: TopicKind.CATEGORY },
      ...tags
        .map((label) => ({ key: topicKey(label), label, kind: TopicKind.TAG }))
        .filter(({ key }) => key !== main),
    ];
  }

  @FieldResolver(() => [MarketHistoryPointType], {
    nullable: true,
    description:
      'Past states, oldest first: the state at `from` if known, then the last change in each of `points` equal intervals. Stored per minute for 48 hours, hourly for 30 days, then daily. All histories of one request are limited to 50,000 points together. Not available in subscriptions.',
  })
  @SemanticNonNull()
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
    @Arg('points', () => Int, {
      nullable: true,
      defaultValue: DEFAULT_POINTS,
      description: `Maximum number of points, 1–${MAX_POINTS}. Null: ${DEFAULT_POINTS}.`,
    })
    points: number | null,
  ): Promise<readonly MarketHistoryPoint[]> {
    return loaders.history.load({ marketId, from, to, points: points ?? DEFAULT_POINTS });
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
      nullable: true,
      defaultValue: ActivityWindow.DAY,
      description: 'Window of time.',
    })
    window: keyof typeof ActivityWindow | null,
  ): Activity {
    return activityOf[window ?? 'DAY'](momentum);
  }
}

type Activity = Pick<MarketActivityType, 'views' | 'participations'>;

const activityOf = {
  FIVE_MINUTES: ({ views5m, participations5m }) => ({ views: views5m, participations: participations5m }),
  HOUR: ({ views1h, participations1h }) => ({ views: views1h, participations: participations1h }),
  DAY: ({ views24h, participations24h }) => ({ views: views24h, participations: participations24h }),
} satisfies Record<keyof typeof ActivityWindow, (momentum: MarketMomentum) => Activity>;
