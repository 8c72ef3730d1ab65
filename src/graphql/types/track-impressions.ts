import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { LenientFeedSection, LenientID, LenientInt } from './lenient-scalars.js';
import type { FeedSectionEnum } from './track-interaction.js';

@InputType({
  description:
    'One impression, validated on its own: one with a missing or invalid field is listed in `rejected`, and so is null in place of an impression. A field that does not exist rejects the whole request.',
})
export class ImpressionInput {
  @Field(() => LenientID, { nullable: true, description: 'Required. The market.' })
  marketId?: string | null;

  @Field(() => LenientFeedSection, { nullable: true, description: 'The part of the page with the market.' })
  section?: keyof typeof FeedSectionEnum | null;

  @Field(() => LenientInt, { nullable: true, description: 'Position in the section, from 0.' })
  position?: number | null;
}

@InputType({ description: 'What a person was shown.' })
export class TrackImpressionsInput {
  @Field(() => String, { description: "The site's own key of the person, 1–128 characters." })
  userKey!: string;

  @Field(() => ID, { nullable: true, description: 'The feed that they come from.' })
  feedId?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Idempotency key of the report, 1–64 characters. A report of the same user with the same key within 7 days records only markets that the first one did not.',
  })
  clientEventId?: string | null;

  @Field(() => [ImpressionInput], {
    nullable: 'items',
    description:
      'The impressions, 1–200. If a market occurs more than once, its first valid impression counts.',
  })
  items!: (ImpressionInput | null)[];
}

@ObjectType('RejectedImpression', {
  simpleResolvers: true,
  description: 'An impression that was not recorded.',
})
export class RejectedImpressionType {
  @Field(() => Int, { description: 'Index in `items`, from 0.' })
  index!: number;

  @Field(() => String, { description: 'The invalid field; empty if the item itself is invalid.' })
  field!: string;

  @Field(() => String, { description: 'Why it was rejected.' })
  reason!: string;
}

@ObjectType('TrackImpressionsResult', {
  simpleResolvers: true,
  description: 'The answer to a report of impressions.',
})
export class TrackImpressionsResultType {
  @Field(() => Int, { description: 'Number of impressions recorded by this report.' })
  recorded!: number;

  @Field(() => Int, {
    description:
      'Number of impressions not recorded because their market occurs earlier in the report, or in an earlier report with the same clientEventId.',
  })
  duplicates!: number;

  @Field(() => [RejectedImpressionType], { description: 'Those that were not recorded.' })
  rejected!: RejectedImpressionType[];
}
