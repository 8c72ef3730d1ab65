import { Field, InputType } from 'type-graphql';
import type { EventType } from '../../domain/event.js';
import {
  LenientDateTime,
  LenientEventType,
  LenientFeedSection,
  LenientFloat,
  LenientID,
  LenientInt,
  LenientJSONObject,
  LenientString,
} from './lenient-scalars.js';
import type { FeedSectionEnum } from './track-interaction.js';

/** The fields of `TrackInteractionInput`, of which one with a wrong value rejects one event and not all of them. */
@InputType({
  description:
    'One event of a batch: the fields of `TrackInteractionInput`, validated per event. An event with a missing or ' +
    'invalid field is REJECTED with `field` and `reason`, and so is null in place of an event. A field that does not ' +
    'exist rejects the whole request, since it is an error in the client and not in one event.',
})
export class BatchInteractionInput {
  @Field(() => LenientString, { nullable: true, description: 'Required. Key of the user, 1–128 characters.' })
  userKey?: string | null;

  @Field(() => LenientID, { nullable: true, description: 'Required. The market.' })
  marketId?: string | null;

  @Field(() => LenientEventType, { nullable: true, description: 'Required. The action of the user.' })
  eventType?: EventType | null;

  @Field(() => LenientInt, {
    nullable: true,
    description:
      'Dwell time in milliseconds, 0–86,400,000. Fractions are rounded to the nearest whole number.',
  })
  dwellMs?: number | null;

  @Field(() => LenientFeedSection, { nullable: true, description: 'The part of the page with the market.' })
  section?: keyof typeof FeedSectionEnum | null;

  @Field(() => LenientInt, { nullable: true, description: 'Position in the section, from 0.' })
  position?: number | null;

  @Field(() => LenientString, {
    nullable: true,
    description: 'Country of the user, ISO 3166-1 alpha-2, in any case.',
  })
  country?: string | null;

  @Field(() => LenientDateTime, {
    nullable: true,
    description:
      'Time of the event. Default: now. A time over 7 days old or over 5 minutes ahead is replaced by now.',
  })
  occurredAt?: string | null;

  @Field(() => LenientString, { nullable: true, description: 'Id of the visit, 1–128 characters.' })
  sessionId?: string | null;

  @Field(() => LenientID, { nullable: true, description: 'The feed with the market, 1–128 characters.' })
  feedId?: string | null;

  @Field(() => LenientFloat, {
    nullable: true,
    description: 'Stake, above 0 and at most 1e15; only with PARTICIPATE.',
  })
  stake?: number | null;

  @Field(() => LenientJSONObject, {
    nullable: true,
    description: 'Additional data to store with the event, at most 4 KB of JSON.',
  })
  context?: Record<string, unknown> | null;

  @Field(() => LenientString, {
    nullable: true,
    description:
      'Idempotency key, 1–64 characters: within 7 days, an event of the same user with the same key is a DUPLICATE.',
  })
  clientEventId?: string | null;
}
