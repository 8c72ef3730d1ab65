import { DateTimeISOResolver } from 'graphql-scalars';
import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { FeedItemType } from './feed-item.js';

const ReplayOutcomeEnum = { SAME: 'SAME', DIFFERENT: 'DIFFERENT', INPUTS_CHANGED: 'INPUTS_CHANGED' } as const;

registerEnumType(ReplayOutcomeEnum, {
  name: 'ReplayOutcome',
  description: 'What came of making a feed again.',
  valuesConfig: {
    SAME: { description: 'The same markets in the same places with the same scores.' },
    DIFFERENT: { description: 'Something else, from the same inputs: a fault of the gateway.' },
    INPUTS_CHANGED: { description: 'Something else, from inputs that are not what they were.' },
  },
});

@ObjectType('RemovedMarket', { simpleResolvers: true, description: 'A market that a stage left out.' })
export class RemovedMarketType {
  @Field(() => ID, { description: 'The market.' })
  marketId!: string;

  @Field(() => String, { description: 'Its title.' })
  title!: string;

  @Field(() => String, { description: 'Why it was left out.' })
  reason!: string;
}

@ObjectType('FeedStage', {
  simpleResolvers: true,
  description: 'What a stage did with the markets that came to it.',
})
export class FeedStageType {
  @Field(() => String, { description: 'Its name.' })
  name!: string;

  @Field(() => Int, { description: 'How many markets came in.' })
  in!: number;

  @Field(() => Int, { description: 'How many went on.' })
  out!: number;

  @Field(() => [RemovedMarketType], { description: 'What a filter left out; at most 200 of them.' })
  removed!: RemovedMarketType[];
}

@ObjectType('Contribution', { simpleResolvers: true, description: 'What one part adds to a score.' })
export class ContributionType {
  @Field(() => String, { description: 'The part, by its name in `ScoreParts`.' })
  part!: string;

  @Field(() => Float, { description: 'The part before its weight.' })
  value!: number;

  @Field(() => Float, { description: 'Its weight, below 0 where it is subtracted.' })
  weight!: number;

  @Field(() => Float, { description: 'What of it is in the final score, the discount included.' })
  adds!: number;
}

@ObjectType('ExplainedItem', {
  simpleResolvers: true,
  description: 'An item of a feed and what its score is made of.',
})
export class ExplainedItemType extends FeedItemType {
  @Field(() => [ContributionType], { description: 'They add up to the final score; the largest first.' })
  contributions!: ContributionType[];
}

@ObjectType('Replay', { simpleResolvers: true, description: 'Whether making a feed again gave the same.' })
export class ReplayType {
  @Field(() => ReplayOutcomeEnum, { description: 'What came of it.' })
  outcome!: keyof typeof ReplayOutcomeEnum;

  @Field(() => [String], {
    description: 'Which inputs are not what they were: profile, catalog, trends, config.',
  })
  changed!: string[];
}

@ObjectType('FeedExplanation', { simpleResolvers: true, description: 'Why a feed is as it is.' })
export class FeedExplanationType {
  @Field(() => ID, { description: 'The feed.' })
  feedId!: string;

  @Field(() => String, { nullable: true, description: 'Whose feed it is; null for everyone.' })
  userKey!: string | null;

  @Field(() => String, { nullable: true, description: 'Where the person was, as far as known.' })
  country!: string | null;

  @Field(() => String, { description: '`v1` or `v2`.' })
  algorithm!: string;

  @Field(() => String, { description: 'Names the ranking config that was in force.' })
  configVersion!: string;

  @Field(() => DateTimeISOResolver, { description: 'When it was made.' })
  generatedAt!: Date;

  @Field(() => Boolean, { description: 'Whether what is known of the person took part.' })
  personalized!: boolean;

  @Field(() => [FeedStageType], { description: 'From the open markets to the page.' })
  stages!: FeedStageType[];

  @Field(() => [ExplainedItemType], { description: 'The page, the hero first.' })
  items!: ExplainedItemType[];

  @Field(() => [String], { description: 'Which limits had to yield, and which slots could not be filled.' })
  notes!: string[];

  @Field(() => ReplayType, { description: 'Whether making it again gave the same.' })
  replay!: ReplayType;
}
