import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { LenientFeedSection, LenientID, LenientInt } from './lenient-scalars.js';
import type { FeedSectionEnum } from './track-interaction.js';

@InputType({
  description:
    'Impression of one market, validated separately. An impression with a missing or invalid field is listed in `rejected`, and so is null in place of an impression. A field that does not exist rejects the whole request.',
})
export class ImpressionInput {
  @Field(() => LenientID, { nullable: true, description: 'Required. Id of the market, 1–128 characters.' })
  marketId?: string | null;

  @Field(() => LenientFeedSection, {
    nullable: true,
    description: 'Part of the page with the market. Null: unknown.',
  })
  section?: keyof typeof FeedSectionEnum | null;

  @Field(() => LenientInt, { nullable: true, description: 'Position in the section, from 0. Null: unknown.' })
  position?: number | null;
}

@InputType({ description: 'Report of impressions of one user.' })
export class TrackImpressionsInput {
  @Field(() => String, { description: 'Key of the user, 1–128 characters.' })
  userKey!: string;

  @Field(() => ID, {
    nullable: true,
    description: 'Id of the feed with the markets, 1–128 characters. Null: not from a feed.',
  })
  feedId?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Idempotency key of the report, 1–64 characters. Within 7 days, a report of the same user with the same key records only markets that the first one did not. Null: no key.',
  })
  clientEventId?: string | null;

  @Field(() => [ImpressionInput], {
    nullable: 'items',
    description: 'Impressions, 1–200. If a market occurs more than once, its first valid impression counts.',
  })
  items!: (ImpressionInput | null)[];
}

@ObjectType('RejectedImpression', { simpleResolvers: true, description: 'Impression that was rejected.' })
export class RejectedImpressionType {
  @Field(() => Int, { description: 'Index in `items`, from 0.' })
  index!: number;

  @Field(() => String, { description: 'Invalid field; empty if the item itself is invalid.' })
  field!: string;

  @Field(() => String, { description: 'Reason for the rejection.' })
  reason!: string;
}

@ObjectType('TrackImpressionsResult', {
  simpleResolvers: true,
  description: 'Result of a report of impressions.',
})
export class TrackImpressionsResultType {
  @Field(() => Int, { description: 'Number of impressions recorded by this report.' })
  recorded!: number;

  @Field(() => Int, {
    description:
      'Number of impressions not recorded because their market occurs earlier in the report, or in an earlier report with the same clientEventId.',
  })
  duplicates!: number;

  @Field(() => [RejectedImpressionType], { description: 'Rejected impressions.' })
  rejected!: RejectedImpressionType[];
}
