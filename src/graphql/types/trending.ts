import { Field, Float, Int, ObjectType } from 'type-graphql';
import { MarketType } from './market.js';

@ObjectType('TrendingMarket', { simpleResolvers: true, description: 'A market and how it trends.' })
export class TrendingMarketType {
  @Field(() => Int, { description: 'Its place, from 1.' })
  rank!: number;

  @Field(() => MarketType, { description: 'The market; open, not over, and not blocked in the country.' })
  market!: MarketType;

  @Field(() => Float, { description: '0–1, 1 for the strongest of the scope.' })
  score!: number;
}

@ObjectType('RisingMarket', { simpleResolvers: true, description: 'A market whose odds move.' })
export class RisingMarketType {
  @Field(() => Int, { description: 'Its place, from 1.' })
  rank!: number;

  @Field(() => MarketType, { description: 'The market; open, not over, and not blocked in the country.' })
  market!: MarketType;

  @Field(() => Float, {
    description:
      '0–1, 1 for the strongest: ln(1 + volume24h) · |logit(p) − logit(p a day ago)|, divided by the largest.',
  })
  score!: number;
}

@ObjectType('Trending', { simpleResolvers: true, description: 'What many people do now.' })
export class TrendingType {
  @Field(() => String, {
    description: '`local:<CC>` when enough people of the country are active, else `global`.',
  })
  scope!: string;

  @Field(() => [TrendingMarketType], { description: 'The strongest first, of those that can be shown now.' })
  markets!: TrendingMarketType[];
}
