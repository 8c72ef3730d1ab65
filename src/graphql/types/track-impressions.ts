import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { FeedSectionEnum } from './track-interaction.js';

@InputType({ description: 'A market that a person was shown.' })
export class ImpressionInput {
  @Field(() => ID, { description: 'The market.' })
  marketId!: string;

  @Field(() => FeedSectionEnum, { nullable: true, description: 'Where it was shown.' })
  section?: keyof typeof FeedSectionEnum | null;

  @Field(() => Int, { nullable: true, description: 'Its place there, from 0.' })
  position?: number | null;
}

@InputType({ description: 'What a person was shown.' })
export class TrackImpressionsInput {
  @Field(() => String, { description: "The site's own key of the person, 1–128 characters." })
  userKey!: string;

  @Field(() => ID, { nullable: true, description: 'The feed that they come from.' })
  feedId?: string | null;

  @Field(() => [ImpressionInput], { description: 'The markets, at most 200.' })
  items!: ImpressionInput[];
}

@ObjectType('RejectedImpression', {
  simpleResolvers: true,
  description: 'An impression that was not recorded.',
})
export class RejectedImpressionType {
  @Field(() => Int, { description: 'Its place among the items, from 0.' })
  index!: number;

  @Field(() => String, { description: 'What is wrong with it.' })
  field!: string;

  @Field(() => String, { description: 'Why it was rejected.' })
  reason!: string;
}

@ObjectType('TrackImpressionsResult', {
  simpleResolvers: true,
  description: 'The answer to a report of impressions.',
})
export class TrackImpressionsResultType {
  @Field(() => Int, { description: 'How many are on disk.' })
  recorded!: number;

  @Field(() => [RejectedImpressionType], { description: 'Those that were not recorded.' })
  rejected!: RejectedImpressionType[];
}
