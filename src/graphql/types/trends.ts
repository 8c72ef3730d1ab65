import { Field, Float, Int, ObjectType } from 'type-graphql';
import { MarketType } from './market.js';
import { DateTime } from './date-time.js';

@ObjectType('MarketMomentum', { simpleResolvers: true, description: 'Recent changes of a market.' })
export class MarketMomentumType {
  @Field(() => Int, { description: 'Views in the last 5 minutes.' })
  views5m!: number;

  @Field(() => Int, { description: 'Views in the last hour.' })
  views1h!: number;

  @Field(() => Int, { description: 'Views in the last 24 hours.' })
  views24h!: number;

  @Field(() => Int, { description: 'Trades in the last 5 minutes.' })
  participations5m!: number;

  @Field(() => Int, { description: 'Trades in the last hour.' })
  participations1h!: number;

  @Field(() => Int, { description: 'Trades in the last 24 hours.' })
  participations24h!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Probability now minus probability one hour ago, −1 to 1. Null: either is unknown.',
  })
  oddsChange1h!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Probability now minus probability 24 hours ago, −1 to 1. Null: either is unknown.',
  })
  oddsChange24h!: number | null;

  @Field(() => Float, {
    description: 'Ratio of volume24h to its value 24 hours ago; 1 if that value is unknown or 0.',
  })
  volumeSpike!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Change of participantCount over 24 hours. Null: the value 24 hours ago is unknown.',
  })
  participantDelta24h!: number | null;

  @Field(() => DateTime, { description: 'Time of the computation.' })
  computedAt!: Date;
}

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
  @Field(() => String, {
    description: '`local:<CC>` if enough users are active in the country, otherwise `global`.',
  })
  scope!: string;

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
