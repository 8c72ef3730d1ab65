import { DateTimeISOResolver } from 'graphql-scalars';
import { Arg, Ctx, Extensions, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import type { MarketHistoryPoint } from '../../catalog/market-history.js';
import type { Market } from '../../catalog/market.js';
import type { MarketMomentum } from '../../trends/trend-columns.js';
import type { GraphQLContext } from '../context.js';
import { READS_DATABASE } from '../rules/no-database-fields.js';
import { MarketHistoryPointType } from '../types/market-history.js';
import { MarketType } from '../types/market.js';
import { MarketMomentumType } from '../types/momentum.js';

/** Fields that the market record does not hold; each is read only when selected. */
@Resolver(() => MarketType)
export class MarketFieldsResolver {
  @FieldResolver(() => [MarketHistoryPointType], {
    description:
      'Past states, oldest first: the state at `from` if known, then the last change in each of `points` equal intervals. Stored per minute for 48 hours, hourly for 30 days, then daily. The histories of one request may ask for at most 50,000 points together. Not available in subscriptions.',
  })
  @Extensions(READS_DATABASE)
  history(
    @Root() { id: marketId }: Market,
    @Ctx() { loaders }: GraphQLContext,
    @Arg('from', () => DateTimeISOResolver, {
      nullable: true,
      description: 'Start, before `to`. Default: 7 days before `to`.',
    })
    from: Date | null,
    @Arg('to', () => DateTimeISOResolver, { nullable: true, description: 'End. Default: now.' })
    to: Date | null,
    @Arg('points', () => Int, { defaultValue: 100, description: 'Maximum number of points, 1–500.' })
    points: number,
  ): Promise<readonly MarketHistoryPoint[]> {
    return loaders.history.load({ marketId, from, to, points });
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'Background and rules of resolution. Not available in subscriptions.',
  })
  @Extensions(READS_DATABASE)
  async description(@Root() { id }: Market, @Ctx() { loaders }: GraphQLContext): Promise<string | null> {
    return (await loaders.marketTexts.load(id))?.description ?? null;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: 'Text by the editors. Not available in subscriptions.',
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
      'Recent changes, computed every minute. Null if the market was not open at the last computation.',
  })
  momentum(@Root() { id }: Market, @Ctx() { services }: GraphQLContext): MarketMomentum | null {
    return services.crowd.momentum(id);
  }
}
