import { Field, Float, Int, ObjectType } from 'type-graphql';

@ObjectType('TrendingMarket', { simpleResolvers: true, description: 'A market and how it trends.' })
export class TrendingMarketType {
  marketId!: string;

  @Field(() => Int, { description: 'Its place, from 1.' })
  rank!: number;

  @Field(() => Float, { description: '0–1, 1 for the strongest of the scope.' })
  score!: number;
}

@ObjectType('Trending', { simpleResolvers: true, description: 'What many people do now.' })
export class TrendingType {
  @Field(() => String, {
    description: '`local:<CC>` when enough people of the country are active, else `global`.',
  })
  scope!: string;

  @Field(() => [TrendingMarketType], { description: 'The strongest first.' })
  markets!: TrendingMarketType[];
}
