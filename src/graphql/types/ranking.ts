import { DateTimeISOResolver } from 'graphql-scalars';
import { Field, Float, ID, InputType, ObjectType } from 'type-graphql';
import { RankedMarketType } from './ranked-market.js';

@ObjectType('Ranking', { simpleResolvers: true, description: 'Given markets in the order for a person.' })
export class RankingType {
  @Field(() => [RankedMarketType], { description: 'All markets that are known, best first.' })
  rankedMarkets!: RankedMarketType[];

  @Field(() => [ID], {
    description: 'The ids that no market has; when degraded, also those that could not be looked up now.',
  })
  unknownMarketIds!: string[];

  @Field(() => Boolean, { description: 'Whether what is known of the person took part.' })
  personalized!: boolean;

  @Field(() => String, { description: '`v1`, or `fallback` when the ranking is degraded.' })
  algorithmVersion!: string;

  @Field(() => Boolean, {
    description:
      'Whether something that the ranking needs, the profile or markets that are not open, could not be had in time and was left out.',
  })
  degraded!: boolean;
}

@InputType({ description: 'A market that is not stored here, described for ranking.' })
export class CandidateMarketInput {
  @Field(() => ID, { description: 'Any id, 1–128 characters; a stored market of this id is not looked at.' })
  id!: string;

  @Field(() => String, { description: 'The question, 1–500 characters.' })
  title!: string;

  @Field(() => String, { nullable: true, description: 'The one topic it is filed under.' })
  category?: string | null;

  @Field(() => [String], { nullable: true, description: 'Further topics, at most 64.' })
  tags?: string[] | null;

  @Field(() => Float, { nullable: true, description: '0–1.' })
  probability?: number | null;

  @Field(() => Float, { nullable: true, description: 'Volume of the last 24 hours, 0 to 1e15.' })
  volume24h?: number | null;

  @Field(() => Float, { nullable: true, description: 'Volume since the beginning, 0 to 1e15.' })
  volumeTotal?: number | null;

  @Field(() => DateTimeISOResolver, { nullable: true, description: 'When it was opened; now when not said.' })
  createdAt?: Date | null;

  @Field(() => DateTimeISOResolver, { nullable: true, description: 'When it is due to resolve.' })
  resolvesAt?: Date | null;

  @Field(() => Float, { nullable: true, description: 'How much the editors lift it, 0–1.' })
  editorialBoost?: number | null;
}
