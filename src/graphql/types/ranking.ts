import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { SCORE_COMPONENTS } from '../../scoring/score-parts.js';
import { MarketType } from './market.js';
import { DateTime } from './date-time.js';

export const AlgorithmEnum = { V1: 'v1', V2: 'v2' } as const;

registerEnumType(AlgorithmEnum, {
  name: 'Algorithm',
  description: 'Ranking algorithm.',
  valuesConfig: {
    V1: { description: 'Legacy-compatible ranking: interest, similarity, and trending by fixed formulas.' },
    V2: {
      description:
        'Default ranking: long-term and session affinity, text similarity, impression discount, slot quotas.',
    },
  },
});

@ObjectType('ScoreParts', {
  simpleResolvers: true,
  description:
    'Score components before their weights. Null: the algorithm does not have the component, or it is personal and the ranking is not personalized.',
})
export class ScorePartsType {
  @Field(() => Float, { description: 'Final score, which orders the ranking.' })
  final!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Weighted sum of the personal components. Null: not personalized.',
  })
  personal!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Trending in the country of the request, 0–1. Null: no country, or too few active users in it.',
  })
  trendingLocal!: number | null;

  @Field(() => Float, { nullable: true, description: 'Trending over all users, 0–1.' })
  trendingGlobal!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Factor for impressions and engagement, 0–1; multiplies the positive components.',
  })
  discount!: number | null;
}

for (const { name, description } of SCORE_COMPONENTS) {
  Field(() => Float, { nullable: true, description })(ScorePartsType.prototype, name);
}

@ObjectType('RankedMarket', { simpleResolvers: true, description: 'Market with its rank and score.' })
export class RankedMarketType {
  @Field(() => Int, { description: 'Rank, from 1.' })
  rank!: number;

  @Field(() => Float, { description: 'Final score.' })
  score!: number;

  @Field(() => ScorePartsType, { description: 'Components of the score.' })
  scores!: ScorePartsType;

  @Field(() => MarketType, { description: 'The market.' })
  market!: MarketType;
}

@ObjectType('Ranking', { simpleResolvers: true, description: 'Requested markets, ranked for a user.' })
export class RankingType {
  @Field(() => [RankedMarketType], { description: 'All known markets of the request, best first.' })
  rankedMarkets!: RankedMarketType[];

  @Field(() => [ID], {
    description: 'Ids without a market. If `degraded` is true, also ids that could not be looked up in time.',
  })
  unknownMarketIds!: string[];

  @Field(() => Boolean, { description: 'Whether the ranking uses the profile of the user.' })
  personalized!: boolean;

  @Field(() => String, { description: '`v2`, `v1`, or `fallback` if the ranking is degraded.' })
  algorithmVersion!: string;

  @Field(() => Boolean, {
    description:
      'Whether the ranking left out an input that was not available in time: the profile, or markets that are not open.',
  })
  degraded!: boolean;
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
    description: 'Scheduled resolution time. Null: unknown.',
  })
  resolvesAt?: Date | null;

  @Field(() => Float, { nullable: true, description: 'Editorial boost, 0–1. Null: 0.' })
  editorialBoost?: number | null;
}
