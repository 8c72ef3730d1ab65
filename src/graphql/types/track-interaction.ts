import { JSONObjectResolver } from 'graphql-scalars';
import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { EVENT_TYPES, type EventType } from '../../domain/event.js';
import {
  LenientDateTime,
  LenientInteractionType,
  LenientFeedSection,
  LenientFloat,
  LenientID,
  LenientInt,
  LenientJSONObject,
  LenientString,
} from './lenient-scalars.js';
import { InputProblemType } from './input-problem.js';
import type { InputProblem } from '../../lib/input/input-problem.js';
import { IGNORED_REASONS, type IgnoredReason } from '../../tracking/admit-events.js';
import { FEED_SECTIONS } from '../../tracking/event-input.js';
import { DateTime } from './date-time.js';
import { enumOf } from './enum-of.js';

const InteractionTypeEnum = enumOf(EVENT_TYPES);

registerEnumType(InteractionTypeEnum, {
  name: 'InteractionType',
  description: 'Action of a user on a market.',
  valuesConfig: {
    PARTICIPATE: { description: 'Traded the market.' },
    COMMENT: { description: 'Commented on the market.' },
    SHARE: { description: 'Shared the market.' },
    BOOKMARK: { description: 'Bookmarked the market.' },
    PARTICIPATE_INTENT: { description: 'Opened the trading form.' },
    RETURN_VISIT: { description: 'Returned to the market.' },
    CLICK: { description: 'Clicked the card.' },
    VIEW_MARKET: { description: "Opened the market's page." },
    DWELL_30: { description: 'Stayed on the market for 30 seconds.' },
    DWELL_5: { description: 'Stayed on the market for 5 seconds.' },
    SCROLL_PAST: { description: 'Scrolled past the card.' },
    SKIP_FAST: { description: "Left the market's page immediately." },
    NOT_INTERESTED: { description: 'Marked the market as not interesting.' },
    HIDE: { description: 'Hid the market from their feeds until UNHIDE.' },
    UNHIDE: { description: 'Reverted HIDE.' },
    IMPRESSION: { description: 'Was shown the card. Does not change affinity.' },
  },
});

export const FeedSectionEnum = enumOf(FEED_SECTIONS);

registerEnumType(FeedSectionEnum, {
  name: 'FeedSection',
  description: 'Part of a page that displayed a market.',
  valuesConfig: {
    HERO: { description: 'Large card at the top.' },
    GRID: { description: 'Cards below the hero.' },
    STREAM: { description: 'Rest of the feed.' },
    SEARCH: { description: 'Search results.' },
    OTHER: { description: 'Any other part.' },
  },
});

const TrackStatus = enumOf(['RECORDED', 'DUPLICATE', 'IGNORED', 'REJECTED']);

registerEnumType(TrackStatus, {
  name: 'TrackStatus',
  description: 'Status of a reported event.',
  valuesConfig: {
    RECORDED: { description: 'On disk, together with the profile change that it caused.' },
    DUPLICATE: { description: 'Already recorded under the same clientEventId. No effect.' },
    IGNORED: { description: 'Valid and not recorded, because of a choice of the user. See `ignoredReason`.' },
    REJECTED: { description: 'Invalid and not recorded. Only in batches.' },
  },
});

const IgnoredReasonEnum = enumOf(IGNORED_REASONS);

registerEnumType(IgnoredReasonEnum, {
  name: 'IgnoredReason',
  description: 'Why a valid event was not recorded.',
  valuesConfig: {
    OPTED_OUT: { description: 'The user has turned personalization off.' },
    ERASED: { description: 'The user was erased, and the key is still blocked.' },
  },
});

@InputType({ description: 'Event to record: one action of a user on a market.' })
export class TrackInteractionInput {
  @Field(() => String, { description: 'Key of the user, 1–128 characters.' })
  userKey!: string;

  @Field(() => ID, { description: 'Id of the market, 1–128 characters.' })
  marketId!: string;

  @Field(() => InteractionTypeEnum, { description: 'Action of the user.' })
  eventType!: EventType;

  @Field(() => Int, {
    nullable: true,
    description: 'Dwell time in milliseconds, 0–86,400,000. Null: not measured.',
  })
  dwellMs?: number | null;

  @Field(() => FeedSectionEnum, {
    nullable: true,
    description: 'Part of the page with the market. Null: unknown.',
  })
  section?: keyof typeof FeedSectionEnum | null;

  @Field(() => Int, { nullable: true, description: 'Position in the section, from 0. Null: unknown.' })
  position?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Country of the user, ISO 3166-1 alpha-2, in any case. Null: unknown.',
  })
  country?: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'Time of the event. Null: now. A time over 7 days old or over 5 minutes ahead is replaced by now.',
  })
  occurredAt?: Date | null;

  @Field(() => String, { nullable: true, description: 'Id of the visit, 1–128 characters. Null: unknown.' })
  sessionId?: string | null;

  @Field(() => ID, {
    nullable: true,
    description: 'Id of the feed with the market, 1–128 characters. Null: not from a feed.',
  })
  feedId?: string | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Stake, above 0 and at most 1e15; only with PARTICIPATE. Null: unknown.',
  })
  stake?: number | null;

  @Field(() => JSONObjectResolver, {
    nullable: true,
    description: 'Additional data to store with the event, at most 4 KB of JSON. Null: none.',
  })
  context?: Record<string, unknown> | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Idempotency key, 1–64 characters: within 7 days, an event of the same user with the same key is a DUPLICATE. Null: no key.',
  })
  clientEventId?: string | null;
}

/** Has the fields of {@link TrackInteractionInput}. An invalid value rejects one event instead of the whole batch. */
@InputType({
  description:
    'Event of a batch, with the fields of `TrackInteractionInput`. Each event is validated separately: a missing or ' +
    'invalid value, or null in place of an event, rejects that event. A field that does not exist rejects the request.',
})
export class BatchInteractionInput {
  @Field(() => LenientString, { nullable: true, description: 'Required. Key of the user, 1–128 characters.' })
  userKey?: string | null;

  @Field(() => LenientID, { nullable: true, description: 'Required. Id of the market, 1–128 characters.' })
  marketId?: string | null;

  @Field(() => LenientInteractionType, { nullable: true, description: 'Required. Action of the user.' })
  eventType?: EventType | null;

  @Field(() => LenientInt, {
    nullable: true,
    description:
      'Dwell time in milliseconds, 0–86,400,000. Fractions are rounded to the nearest whole number. Null: not measured.',
  })
  dwellMs?: number | null;

  @Field(() => LenientFeedSection, {
    nullable: true,
    description: 'Part of the page with the market. Null: unknown.',
  })
  section?: keyof typeof FeedSectionEnum | null;

  @Field(() => LenientInt, { nullable: true, description: 'Position in the section, from 0. Null: unknown.' })
  position?: number | null;

  @Field(() => LenientString, {
    nullable: true,
    description: 'Country of the user, ISO 3166-1 alpha-2, in any case. Null: unknown.',
  })
  country?: string | null;

  @Field(() => LenientDateTime, {
    nullable: true,
    description:
      'Time of the event. Null: now. A time over 7 days old or over 5 minutes ahead is replaced by now.',
  })
  occurredAt?: string | null;

  @Field(() => LenientString, {
    nullable: true,
    description: 'Id of the visit, 1–128 characters. Null: unknown.',
  })
  sessionId?: string | null;

  @Field(() => LenientID, {
    nullable: true,
    description: 'Id of the feed with the market, 1–128 characters. Null: not from a feed.',
  })
  feedId?: string | null;

  @Field(() => LenientFloat, {
    nullable: true,
    description: 'Stake, above 0 and at most 1e15; only with PARTICIPATE. Null: unknown.',
  })
  stake?: number | null;

  @Field(() => LenientJSONObject, {
    nullable: true,
    description: 'Additional data to store with the event, at most 4 KB of JSON. Null: none.',
  })
  context?: Record<string, unknown> | null;

  @Field(() => LenientString, {
    nullable: true,
    description:
      'Idempotency key, 1–64 characters: within 7 days, an event of the same user with the same key is a DUPLICATE. Null: no key.',
  })
  clientEventId?: string | null;
}

@InputType({ description: 'Batch of events to record, of one user or of several.' })
export class TrackInteractionsInput {
  @Field(() => [BatchInteractionInput], { nullable: 'items', description: 'Events, 1–500.' })
  interactions!: (BatchInteractionInput | null)[];
}

const interactionId = 'Id of the recorded event; for a duplicate, of the first recorded one.';
const ignoredReason = 'Why the event was ignored. Null: it was not.';
const profileUpdated = 'Whether the event changed the profile of the user.';

@ObjectType('TrackInteractionPayload', {
  simpleResolvers: true,
  description: 'Result of recording one event.',
})
export class TrackInteractionPayloadType {
  @Field(() => ID, { nullable: true, description: `${interactionId} Null: ignored.` })
  interactionId!: string | null;

  @Field(() => TrackStatus, { description: 'Status of the event: RECORDED, DUPLICATE, or IGNORED.' })
  status!: keyof typeof TrackStatus;

  @Field(() => IgnoredReasonEnum, { nullable: true, description: ignoredReason })
  ignoredReason!: IgnoredReason | null;

  @Field(() => Boolean, { description: profileUpdated })
  profileUpdated!: boolean;
}

@ObjectType('TrackedInteraction', { simpleResolvers: true, description: 'Result of one event of a batch.' })
export class TrackedInteractionType {
  @Field(() => Int, { description: 'Index of the event in `interactions`, from 0.' })
  index!: number;

  @Field(() => TrackStatus, { description: 'Status of the event.' })
  status!: keyof typeof TrackStatus;

  @Field(() => ID, { nullable: true, description: `${interactionId} Null: rejected or ignored.` })
  interactionId!: string | null;

  @Field(() => IgnoredReasonEnum, { nullable: true, description: ignoredReason })
  ignoredReason!: IgnoredReason | null;

  @Field(() => Boolean, { description: profileUpdated })
  profileUpdated!: boolean;

  @Field(() => InputProblemType, {
    nullable: true,
    description: 'Reason for the rejection. Null: not rejected.',
  })
  problem!: InputProblem | null;
}

@ObjectType('TrackInteractionsPayload', {
  simpleResolvers: true,
  description: 'Result of recording a batch of events.',
})
export class TrackInteractionsPayloadType {
  @Field(() => [TrackedInteractionType], { description: 'One result per event, in the order of the input.' })
  results!: readonly TrackedInteractionType[];

  @Field(() => Int, { description: 'Number of events with the status RECORDED.' })
  recordedCount!: number;
}
