import { Field, Float, Int, ObjectType } from 'type-graphql';
import { MarketType } from './market.js';
import { ScorePartsType } from './score-parts.js';

@ObjectType('RankedMarket', { simpleResolvers: true, description: 'A market at its place.' })
export class RankedMarketType {
  @Field(() => Int, { description: 'Its place, from 1.' })
  rank!: number;

  @Field(() => Float, { description: 'The final score.' })
  score!: number;

  @Field(() => ScorePartsType, { description: 'What the score is made of.' })
  scores!: ScorePartsType;

  @Field(() => MarketType, { description: 'The market.' })
  market!: MarketType;
}
