import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import { TREND_SCOPES } from '../../feed/trending-service.js';
import { enumOf } from './enum-of.js';
import { MarketType } from './market.js';
import { DateTime } from './date-time.js';

export const ActivityWindow = enumOf(['FIVE_MINUTES', 'HOUR', 'DAY']);

registerEnumType(ActivityWindow, {
  name: 'ActivityWindow',
  description: 'Window of time that ends at the computation.',
  valuesConfig: {
    FIVE_MINUTES: { description: 'Last 5 minutes.' },
    HOUR: { description: 'Last 60 minutes.' },
    DAY: { description: 'Last 24 hours.' },
  },
});

@ObjectType('MarketActivity', {
  simpleResolvers: true,
  description: 'Number of events on a market within a window of time.',
})
export class MarketActivityType {
  @Field(() => Int, { description: 'Number of VIEW_MARKET and CLICK events.' })
  views!: number;

  @Field(() => Int, { description: 'Number of PARTICIPATE events.' })
  participations!: number;
}

@ObjectType('MarketMomentum', { simpleResolvers: true, description: 'Recent changes of a market.' })
export class MarketMomentumType {
  @Field(() => DateTime, { description: 'Time of the computation.' })
  computedAt!: Date;

  @Field(() => Float, {
    nullable: true,
    description:
      'Probability at the computation minus probability one hour before, −1 to 1. Null: either is unknown.',
  })
  probabilityChange1h!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Probability at the computation minus probability 24 hours before, −1 to 1. Null: either is unknown.',
  })
  probabilityChange24h!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Change of `participantCount` over 24 hours. Null: either value is unknown.',
  })
  participantChange24h!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Ratio of `volume24h` to its value 24 hours before, 0 or more. Null: either value is unknown, or the earlier one is 0.',
  })
  volumeRatio24h!: number | null;
}

const TrendScopeEnum = enumOf(TREND_SCOPES);

registerEnumType(TrendScopeEnum, {
  name: 'TrendScope',
  description: 'Users whose activity a trend counts.',
  valuesConfig: {
    GLOBAL: { description: 'All users.' },
    LOCAL: { description: 'The users in one country.' },
  },
});

@ObjectType('TrendingMarket', { simpleResolvers: true, description: 'Market with its trending score.' })
export class TrendingMarketType {
  @Field(() => Int, { description: 'Rank, from 1.' })
  rank!: number;

  @Field(() => MarketType, { description: 'Open market that is allowed in the country of the request.' })
  market!: MarketType;

  @Field(() => Float, { description: 'Trending score, 0–1, relative to the largest of the scope.' })
  score!: number;
}

@ObjectType('Trending', { simpleResolvers: true, description: 'Trending markets of a scope.' })
export class TrendingType {
  @Field(() => TrendScopeEnum, {
    description: 'LOCAL if enough users are active in `country`, otherwise GLOBAL.',
  })
  scope!: keyof typeof TrendScopeEnum;

  @Field(() => String, {
    nullable: true,
    description:
      "Country that was used, ISO 3166-1 alpha-2: of the request, else of the trusted proxy's header. Markets blocked in it are left out, also if the scope is GLOBAL. Null: unknown.",
  })
  country!: string | null;

  @Field(() => [TrendingMarketType], { description: 'Markets by descending score.' })
  markets!: TrendingMarketType[];
}

@ObjectType('RisingMarket', { simpleResolvers: true, description: 'Market with its rising score.' })
export class RisingMarketType {
  @Field(() => Int, { description: 'Rank, from 1.' })
  rank!: number;

  @Field(() => MarketType, { description: 'Open market that is allowed in the country of the request.' })
  market!: MarketType;

  @Field(() => Float, {
    description:
      'Rising score, 0–1: ln(1 + volume24h) · |logit(p) − logit(p 24 hours ago)|, divided by the largest value.',
  })
  score!: number;
}

@ObjectType('Rising', { simpleResolvers: true, description: 'Markets whose probability changes most.' })
export class RisingType {
  @Field(() => String, {
    nullable: true,
    description:
      "Country that was used, ISO 3166-1 alpha-2: of the request, else of the trusted proxy's header. Markets blocked in it are left out. Null: unknown.",
  })
  country!: string | null;

  @Field(() => [RisingMarketType], { description: 'Markets by descending score.' })
  markets!: RisingMarketType[];
}
