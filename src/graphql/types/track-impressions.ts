import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import type { InputProblem } from '../../lib/input/input-problem.js';
import { InputProblemType } from './input-problem.js';
import { LenientFeedSection, LenientID, LenientInt } from './lenient-scalars.js';
import type { FeedSectionEnum } from './track-interaction.js';

@InputType({
  description:
    'Impression of one market. Each is validated separately: a missing or invalid value, or null in place of an impression, rejects that impression. A field that does not exist rejects the request.',
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

@ObjectType('TrackImpressionsPayload', {
  simpleResolvers: true,
  description: 'Result of recording impressions.',
})
export class TrackImpressionsPayloadType {
  @Field(() => Int, {
    description:
      'Number of recorded impressions. A market that occurs earlier in the report, or in an earlier report with the same clientEventId, is not recorded again.',
  })
  recordedCount!: number;

  @Field(() => [InputProblemType], {
    description: 'Rejected impressions by their index in `items`. Empty: none.',
  })
  problems!: readonly InputProblem[];
}
