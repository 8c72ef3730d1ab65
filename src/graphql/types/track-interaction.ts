import { DateTimeISOResolver, JSONObjectResolver } from 'graphql-scalars';
import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { EVENT_TYPES, type EventType } from '../../domain/event.js';
import { FEED_SECTIONS } from '../../tracking/interaction-input.js';
import { UserProfileType } from './user-profile.js';

function namesOf<Name extends string>(names: readonly Name[]): { readonly [Key in Name]: Key } {
  return Object.fromEntries(names.map((name) => [name, name])) as { readonly [Key in Name]: Key };
}

export const EventTypeEnum = namesOf(EVENT_TYPES);
export const FeedSectionEnum = namesOf(FEED_SECTIONS);
export const TrackStatus = { RECORDED: 'RECORDED', DUPLICATE: 'DUPLICATE', REJECTED: 'REJECTED' } as const;

registerEnumType(EventTypeEnum, {
  name: 'EventType',
  description: 'What a person did with a market.',
  valuesConfig: {
    PARTICIPATE: { description: 'Traded it.' },
    COMMENT: { description: 'Wrote a comment on it.' },
    SHARE: { description: 'Shared it.' },
    BOOKMARK: { description: 'Kept it for later.' },
    PARTICIPATE_INTENT: { description: 'Opened the trading form.' },
    RETURN_VISIT: { description: 'Came back to it.' },
    CLICK: { description: 'Clicked its card.' },
    VIEW_MARKET: { description: 'Opened its page.' },
    DWELL_30: { description: 'Looked at it for 30 seconds.' },
    DWELL_5: { description: 'Looked at it for 5 seconds.' },
    SCROLL_PAST: { description: 'Scrolled past its card.' },
    SKIP_FAST: { description: 'Left its page at once.' },
    NOT_INTERESTED: { description: 'Said that it does not interest.' },
    HIDE: { description: 'Does not want to see it again, until UNHIDE.' },
    UNHIDE: { description: 'Takes HIDE back.' },
    IMPRESSION: { description: 'Was shown its card; says nothing of taste.' },
  },
});

registerEnumType(FeedSectionEnum, {
  name: 'FeedSection',
  description: 'The part of a page that showed a market.',
  valuesConfig: {
    HERO: { description: 'The card shown large.' },
    GRID: { description: 'The cards below it.' },
    STREAM: { description: 'The rest of the feed.' },
    SEARCH: { description: 'What a search found.' },
    OTHER: { description: 'Any other place.' },
  },
});

registerEnumType(TrackStatus, {
  name: 'TrackStatus',
  description: 'What became of an event.',
  valuesConfig: {
    RECORDED: { description: 'It is on disk, together with all that it changed.' },
    DUPLICATE: { description: 'Its clientEventId was recorded before; it changed nothing.' },
    REJECTED: { description: 'It is not valid; nothing of it was recorded. Only within a batch.' },
  },
});

@InputType({ description: 'Something that a person did with a market.' })
export class TrackInteractionInput {
  @Field(() => String, { description: "The site's own key of the person, 1–128 characters." })
  userKey!: string;

  @Field(() => ID, { description: 'The market.' })
  marketId!: string;

  @Field(() => EventTypeEnum, { description: 'What the person did.' })
  eventType!: EventType;

  @Field(() => Int, { nullable: true, description: 'How long the person looked, 0–86,400,000 milliseconds.' })
  dwellMs?: number | null;

  @Field(() => FeedSectionEnum, { nullable: true, description: 'Where the market was shown.' })
  section?: keyof typeof FeedSectionEnum | null;

  @Field(() => Int, { nullable: true, description: 'Its place there, from 0.' })
  position?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Where the person is: ISO 3166-1 alpha-2, in any case.',
  })
  country?: string | null;

  @Field(() => DateTimeISOResolver, {
    nullable: true,
    description:
      'When it happened; now when not said. Older than 7 days or over 5 minutes ahead, it counts as now.',
  })
  occurredAt?: Date | null;

  @Field(() => String, { nullable: true, description: "The site's own id of the visit, 1–128 characters." })
  sessionId?: string | null;

  @Field(() => ID, { nullable: true, description: 'The feed that it comes from.' })
  feedId?: string | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Stake, above 0 and at most 1e15; only with PARTICIPATE.',
  })
  stake?: number | null;

  @Field(() => JSONObjectResolver, { nullable: true, description: 'Anything to keep along, at most 4 KB.' })
  context?: Record<string, unknown> | null;

  @Field(() => String, {
    nullable: true,
    description:
      'An id of your own, 1–64 characters: within 7 days, the same id of the same person is the same event.',
  })
  clientEventId?: string | null;
}

@ObjectType('TrackInteractionResult', { simpleResolvers: true, description: 'The answer to an event.' })
export class TrackInteractionResultType {
  @Field(() => ID, { description: 'The event recorded; of a duplicate, the one first recorded.' })
  interactionId!: string;

  @Field(() => TrackStatus, { description: 'What became of it.' })
  status!: keyof typeof TrackStatus;

  @Field(() => Boolean, { description: 'Whether this event changed the profile.' })
  profileUpdated!: boolean;

  @Field(() => UserProfileType, { description: 'The profile after it.' })
  profile!: UserProfileType;
}

@ObjectType('TrackInteractionsResult', {
  simpleResolvers: true,
  description: 'The answer to one event of a batch.',
})
export class TrackInteractionsResultType {
  @Field(() => ID, { nullable: true, description: 'As of a single event; null when it was rejected.' })
  interactionId!: string | null;

  @Field(() => TrackStatus, { description: 'What became of it.' })
  status!: keyof typeof TrackStatus;

  @Field(() => Boolean, { description: 'Whether this event changed the profile.' })
  profileUpdated!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'What is wrong, when it was rejected: the path within the event.',
  })
  field?: string;

  @Field(() => String, { nullable: true, description: 'Why it was rejected.' })
  reason?: string;
}
