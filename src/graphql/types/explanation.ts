import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { FeedItemType } from './feed.js';
import { DateTime } from './date-time.js';

const ReplayOutcomeEnum = { SAME: 'SAME', DIFFERENT: 'DIFFERENT', INPUTS_CHANGED: 'INPUTS_CHANGED' } as const;

registerEnumType(ReplayOutcomeEnum, {
  name: 'ReplayOutcome',
  description: 'Result of replaying a feed.',
  valuesConfig: {
    SAME: { description: 'Same markets at the same positions with the same scores.' },
    DIFFERENT: { description: 'Different result from the same inputs: a defect of the gateway.' },
    INPUTS_CHANGED: { description: 'Different result because the original inputs are no longer available.' },
  },
});

@ObjectType('RemovedMarket', { simpleResolvers: true, description: 'Market that a pipeline stage removed.' })
export class RemovedMarketType {
  @Field(() => ID, { description: 'Id of the market.' })
  marketId!: string;

  @Field(() => String, { description: 'Title of the market.' })
  title!: string;

  @Field(() => String, { description: 'Reason for the removal.' })
  reason!: string;
}

@ObjectType('FeedStage', { simpleResolvers: true, description: 'Pipeline stage with its market counts.' })
export class FeedStageType {
  @Field(() => String, { description: 'Name of the stage.' })
  name!: string;

  @Field(() => Int, { description: 'Number of markets that entered the stage.' })
  in!: number;

  @Field(() => Int, { description: 'Number of markets that left the stage.' })
  out!: number;

  @Field(() => [RemovedMarketType], { description: 'Markets that a filter removed, at most 200.' })
  removed!: RemovedMarketType[];
}

@ObjectType('Contribution', { simpleResolvers: true, description: 'Contribution of a component to a score.' })
export class ContributionType {
  @Field(() => String, { description: 'Name of the component in `ScoreParts`.' })
  part!: string;

  @Field(() => Float, { description: 'Value before the weight.' })
  value!: number;

  @Field(() => Float, { description: 'Weight; negative for a subtracted component.' })
  weight!: number;

  @Field(() => Float, { description: 'Contribution to the final score, after weight and discount.' })
  adds!: number;
}

@ObjectType('ExplainedItem', {
  simpleResolvers: true,
  description: 'Feed item with the contributions to its score.',
})
export class ExplainedItemType extends FeedItemType {
  @Field(() => [ContributionType], {
    description: 'Contributions, largest first. They sum to the final score.',
  })
  contributions!: ContributionType[];
}

@ObjectType('Replay', { simpleResolvers: true, description: 'Comparison of a feed with its replay.' })
export class ReplayType {
  @Field(() => ReplayOutcomeEnum, { description: 'Result of the comparison.' })
  outcome!: keyof typeof ReplayOutcomeEnum;

  @Field(() => [String], {
    description: 'Inputs that differ from the original: `profile`, `catalog`, `trends`, `config`.',
  })
  changed!: string[];
}

@ObjectType('FeedExplanation', { simpleResolvers: true, description: 'Explanation of a served feed.' })
export class FeedExplanationType {
  @Field(() => ID, { description: 'Id of the feed.' })
  feedId!: string;

  @Field(() => String, { nullable: true, description: 'Key of the user. Null: anonymous user.' })
  userKey!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Country of the request, ISO 3166-1 alpha-2. Null: unknown.',
  })
  country!: string | null;

  @Field(() => String, { description: '`v1` or `v2`.' })
  algorithm!: string;

  @Field(() => String, { description: 'Version of the ranking config of the feed.' })
  configVersion!: string;

  @Field(() => DateTime, { description: 'Time of the ranking.' })
  generatedAt!: Date;

  @Field(() => Boolean, { description: 'Whether the ranking uses the profile of the user.' })
  personalized!: boolean;

  @Field(() => [FeedStageType], { description: 'Pipeline stages in order, from open markets to the page.' })
  stages!: FeedStageType[];

  @Field(() => [ExplainedItemType], { description: 'Items of the first page, hero first.' })
  items!: ExplainedItemType[];

  @Field(() => [String], { description: 'Relaxed diversity limits, and slots filled by backfill.' })
  notes!: string[];

  @Field(() => ReplayType, { description: 'Comparison with a replay.' })
  replay!: ReplayType;
}

@ObjectType('RankChange', {
  simpleResolvers: true,
  description: 'Rank of a market in the current and the simulated feed.',
})
export class RankChangeType {
  @Field(() => ID, { description: 'Id of the market.' })
  marketId!: string;

  @Field(() => String, { description: 'Title of the market.' })
  title!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'Rank in the current feed, from 1. Null: not on the page.',
  })
  rankBefore!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Rank in the simulated feed, from 1. Null: not on the page.',
  })
  rankAfter!: number | null;
}

@ObjectType('FeedSimulation', {
  simpleResolvers: true,
  description: 'Current feed next to the feed under a config patch.',
})
export class FeedSimulationType {
  @Field(() => String, { description: 'Version of the active ranking config.' })
  presentVersion!: string;

  @Field(() => String, { description: 'Version of the patched ranking config.' })
  simulatedVersion!: string;

  @Field(() => [FeedItemType], { description: 'Items under the active config, hero first.' })
  present!: FeedItemType[];

  @Field(() => [FeedItemType], { description: 'Items under the patched config, hero first.' })
  simulated!: FeedItemType[];

  @Field(() => [RankChangeType], {
    description:
      'Rank changes of all markets in either feed, by rank in the simulated feed; removed ones last.',
  })
  changes!: RankChangeType[];
}
