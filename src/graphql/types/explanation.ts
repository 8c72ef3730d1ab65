import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { REPLAY_INPUTS } from '../../feed/explain/explanation.js';
import { REMOVAL_REASONS, type RemovalReason } from '../../feed/filters/filter.js';
import type { ComponentName } from '../../scoring/score-parts.js';
import { enumOf } from './enum-of.js';
import { FeedItemType, FeedType } from './feed.js';
import { ScorePartEnum } from './score-parts.js';

const ReplayOutcomeEnum = enumOf(['SAME', 'DIFFERENT', 'INPUTS_CHANGED']);

registerEnumType(ReplayOutcomeEnum, {
  name: 'ReplayOutcome',
  description: 'Result of replaying a feed.',
  valuesConfig: {
    SAME: { description: 'Same markets at the same positions with the same scores.' },
    DIFFERENT: { description: 'Different result from the same inputs: a defect of the gateway.' },
    INPUTS_CHANGED: { description: 'Different result because the original inputs are no longer available.' },
  },
});

const ReplayInputEnum = enumOf(REPLAY_INPUTS);

registerEnumType(ReplayInputEnum, {
  name: 'ReplayInput',
  description: 'Input of a ranking that can change between a feed and its replay.',
  valuesConfig: {
    PROFILE: { description: 'Profile of the user.' },
    CATALOG: { description: 'Stored markets.' },
    TRENDS: { description: 'Trending, popularity, and momentum.' },
    CONFIG: { description: 'Ranking config.' },
    MODEL: { description: 'Ranking model: learned weights, and counts of the choices of all users.' },
  },
});

const RemovalReasonEnum = enumOf(Object.keys(REMOVAL_REASONS) as RemovalReason[]);

registerEnumType(RemovalReasonEnum, {
  name: 'RemovalReason',
  description: 'Reason for which a feed omits a market.',
  valuesConfig: {
    OVER: {
      description:
        'Its end has passed (`closesAt` if known, else `resolvesAt`), and it is not shown as overdue.',
    },
    HIDDEN: { description: 'The user hid it.' },
    BLOCKED_COUNTRY: { description: 'It is blocked in the country of the request.' },
    SHOWN_TOO_OFTEN: {
      description: 'Frequency cap or cooldown: impressions without a click or a material change.',
    },
  },
});

@ObjectType('RemovedMarket', { simpleResolvers: true, description: 'Market that a pipeline stage removed.' })
export class RemovedMarketType {
  @Field(() => ID, { description: 'Id of the market.' })
  marketId!: string;

  @Field(() => String, { description: 'Title of the market.' })
  title!: string;

  @Field(() => RemovalReasonEnum, { description: 'Reason for the removal.' })
  reason!: RemovalReason;
}

@ObjectType('FeedStage', { simpleResolvers: true, description: 'Pipeline stage with its market counts.' })
export class FeedStageType {
  @Field(() => String, { description: 'Name of the stage.' })
  name!: string;

  @Field(() => Int, { description: 'Number of markets that entered the stage.' })
  received!: number;

  @Field(() => Int, { description: 'Number of markets that left the stage.' })
  kept!: number;

  @Field(() => [RemovedMarketType], { description: 'Markets that a filter removed, at most 200.' })
  removed!: RemovedMarketType[];
}

@ObjectType('ScoreContribution', {
  simpleResolvers: true,
  description: 'Contribution of a component to a score.',
})
export class ScoreContributionType {
  @Field(() => ScorePartEnum, { description: 'Component.' })
  part!: ComponentName;

  @Field(() => Float, { description: 'Value before the weight.' })
  value!: number;

  @Field(() => Float, { description: 'Weight; negative for a subtracted component.' })
  weight!: number;

  @Field(() => Float, {
    description: 'Contribution to the final score, after weight and discount; negative if subtracted.',
  })
  amount!: number;
}

@ObjectType('ExplainedItem', {
  simpleResolvers: true,
  description: 'Feed item with the contributions to its score.',
})
export class ExplainedItemType {
  @Field(() => FeedItemType, { description: 'The item.' })
  item!: FeedItemType;

  @Field(() => [ScoreContributionType], {
    description:
      'Contributions, largest absolute value first. They sum to the final score, if the inputs of the feed have not changed since.',
  })
  contributions!: ScoreContributionType[];
}

@ObjectType('FeedReplay', { simpleResolvers: true, description: 'Comparison of a feed with its replay.' })
export class FeedReplayType {
  @Field(() => ReplayOutcomeEnum, { description: 'Result of the comparison.' })
  outcome!: keyof typeof ReplayOutcomeEnum;

  @Field(() => [ReplayInputEnum], {
    description: 'Inputs that are no longer those of the feed. Empty: the replay used the original inputs.',
  })
  changed!: (typeof REPLAY_INPUTS)[number][];
}

@ObjectType('FeedExplanation', { simpleResolvers: true, description: 'Explanation of a served feed.' })
export class FeedExplanationType {
  @Field(() => FeedType, {
    description:
      'The feed as it was served. Its score components and reasons are as of the replay, its markets as they are now.',
  })
  feed!: FeedType;

  @Field(() => [FeedStageType], { description: 'Pipeline stages in order, from open markets to the page.' })
  stages!: FeedStageType[];

  @Field(() => [ExplainedItemType], { description: 'Items of the first page, hero first.' })
  items!: ExplainedItemType[];

  @Field(() => [String], { description: 'Relaxed diversity limits, and slots filled by backfill.' })
  notes!: string[];

  @Field(() => FeedReplayType, { description: 'Comparison with a replay.' })
  replay!: FeedReplayType;
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
  presentConfigVersion!: string;

  @Field(() => String, { description: 'Version of the patched ranking config.' })
  simulatedConfigVersion!: string;

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
