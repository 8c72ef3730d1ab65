import { DateTimeISOResolver } from 'graphql-scalars';
import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import type { MarketHistoryPoint } from '../../catalogue/market-history.js';
import type { Market } from '../../catalogue/market.js';
import type { MarketMomentum } from '../../trends/trend-columns.js';
import type { GraphQLContext } from '../context.js';
import { MarketHistoryPointType } from '../types/market-history.js';
import { MarketType } from '../types/market.js';
import { MarketMomentumType } from '../types/momentum.js';

/** What a market's own record does not hold, read only when it is asked for. */
@Resolver(() => MarketType)
export class MarketFieldsResolver {
  @FieldResolver(() => [MarketHistoryPointType], {
    description:
      'How it stood over time, the oldest first: as it was at `from`, when that is known, then the last change within each of equal parts of the time. Kept by the minute for 48 hours, by the hour for 30 days, then by the day. All markets of a request together: at most 50,000 points asked for.',
  })
  history(
    @Root() { id: marketId }: Market,
    @Ctx() { loaders }: GraphQLContext,
    @Arg('from', () => DateTimeISOResolver, {
      nullable: true,
      description: 'From when on, before `to`; without it 7 days before `to`.',
    })
    from: Date | null,
    @Arg('to', () => DateTimeISOResolver, { nullable: true, description: 'Until when; without it now.' })
    to: Date | null,
    @Arg('points', () => Int, { defaultValue: 100, description: 'At most so many, 1–500.' }) points: number,
  ): Promise<readonly MarketHistoryPoint[]> {
    return loaders.history.load({ marketId, from, to, points });
  }

  @FieldResolver(() => MarketMomentumType, {
    nullable: true,
    description: 'How it moved lately, computed every minute; null when it was not open then.',
  })
  momentum(@Root() { id }: Market, @Ctx() { services }: GraphQLContext): MarketMomentum | null {
    return services.crowd.momentum(id);
  }
}
