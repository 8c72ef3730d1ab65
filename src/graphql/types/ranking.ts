import { Field, Float, ID, InputType, Int, ObjectType } from 'type-graphql';
import { DateTime } from './date-time.js';
import { RankingFactsType } from './feed.js';
import { MarketType } from './market.js';
import { FINAL_SCORE, SCORE_PARTS, ScorePartsType } from './score-parts.js';

@ObjectType('RankedMarket', {
  simpleResolvers: true,
  description: 'Market of a `rankMarkets` request with its rank and score.',
})
export class RankedMarketType {
  @Field(() => ID, { description: 'Id as the request gave it, in `marketIds` or `candidates`.' })
  id!: string;

  @Field(() => Int, { description: 'Rank, from 1.' })
  rank!: number;

  @Field(() => Float, { nullable: true, description: FINAL_SCORE })
  score!: number | null;

  @Field(() => ScorePartsType, { nullable: true, description: SCORE_PARTS })
  scores!: ScorePartsType | null;

  @Field(() => MarketType, {
    nullable: true,
    description:
      'The stored market. Null: the request described the market in `candidates`, whether or not a stored market has the same id.',
  })
  market!: MarketType | null;
}

@ObjectType('Ranking', { simpleResolvers: true, description: 'Requested markets, ranked for a user.' })
export class RankingType extends RankingFactsType {
  @Field(() => [RankedMarketType], {
    description:
      'All known markets of the request, best first, without repeats: a candidate replaces a stored market with the same id, and the last of several candidates with one id counts.',
  })
  rankedMarkets!: RankedMarketType[];

  @Field(() => [ID], {
    description: 'Ids without a market. If `degraded` is true, also ids that could not be looked up in time.',
  })
  unknownMarketIds!: string[];
}

@InputType({ description: 'Market to rank that is not stored in the gateway.' })
export class CandidateMarketInput {
  @Field(() => ID, { description: 'Any id, 1–128 characters. A stored market with the same id is ignored.' })
  id!: string;

  @Field(() => String, { description: 'Question, 1–500 characters.' })
  title!: string;

  @Field(() => String, { nullable: true, description: 'Main topic. Null: "Other".' })
  category?: string | null;

  @Field(() => [String], { nullable: true, description: 'Further topics, at most 64. Null: none.' })
  tags?: string[] | null;

  @Field(() => Float, { nullable: true, description: 'Probability, 0–1. Null: unknown.' })
  probability?: number | null;

  @Field(() => Float, { nullable: true, description: 'Volume of the last 24 hours, 0–1e15. Null: 0.' })
  volume24h?: number | null;

  @Field(() => Float, { nullable: true, description: 'Volume since creation, 0–1e15. Null: 0.' })
  volumeTotal?: number | null;

  @Field(() => DateTime, { nullable: true, description: 'Creation time. Null: now.' })
  createdAt?: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'End of trading; the market ends then. Null: it ends at `resolvesAt`.',
  })
  closesAt?: Date | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Scheduled resolution time; without `closesAt`, the market ends then. Null: unknown.',
  })
  resolvesAt?: Date | null;

  @Field(() => Float, { nullable: true, description: 'Editorial boost, 0–1. Null: 0.' })
  editorialBoost?: number | null;
}
