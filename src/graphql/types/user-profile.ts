import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import { DateTime } from './date-time.js';

/** Description of an input that names the user, which a client may leave out. */
export const OWN_USER =
  'Key of the user, 1–128 characters. Null: the user of the client token; required without one.';

const userId =
  'Opaque id of the user: a keyed hash of the user key, the same that sinks receive by default. It stays the same as long as the deployment keeps its secret.';

@ObjectType('TopicAffinity', { simpleResolvers: true, description: 'Affinity of a user for one topic.' })
export class TopicAffinityType {
  @Field(() => String, { description: 'Category or tag, as the user first met it.' })
  topic!: string;

  @Field(() => String, {
    description: 'Key of the topic: equal for spellings that differ in case or Unicode form only.',
  })
  topicKey!: string;

  @Field(() => Float, {
    description: 'Sum of the weights of all events of the user with the topic, without decay.',
  })
  score!: number;

  @Field(() => Float, {
    description:
      'Long-term affinity: the sum of event weights, decayed with a half-life of 30 days by default.',
  })
  longTerm!: number;

  @Field(() => Float, {
    description:
      'Session affinity: the sum of event weights in the current session, decayed with a half-life of 45 minutes by default.',
  })
  session!: number;
}

@ObjectType('ActivitySession', {
  simpleResolvers: true,
  description: 'Period of activity of a user without a long pause.',
})
export class ActivitySessionType {
  @Field(() => DateTime, { description: 'Time of the first event.' })
  startedAt!: Date;

  @Field(() => Int, { description: 'Number of events in the session, without impressions.' })
  interactions!: number;

  @Field(() => Boolean, {
    description: 'Whether the session has ended: after 30 minutes without an event by default.',
  })
  idle!: boolean;
}

@ObjectType('CategoryStake', { simpleResolvers: true, description: 'Usual stake of a user in a category.' })
export class CategoryStakeType {
  @Field(() => String, { description: 'Category, as the user first met it.' })
  category!: string;

  @Field(() => String, {
    description: 'Key of the category: equal for spellings that differ in case or Unicode form only.',
  })
  topicKey!: string;

  @Field(() => Float, { description: "Median of the last 20 stakes in the category, in the site's unit." })
  stake!: number;
}

@ObjectType('UsualStake', { simpleResolvers: true, description: 'Usual stake of a user.' })
export class UsualStakeType {
  @Field(() => Float, { description: "Median of the last 20 stakes, in the site's unit." })
  overall!: number;

  @Field(() => [CategoryStakeType], { description: 'Usual stake in each category, by topic key.' })
  byCategory!: readonly CategoryStakeType[];
}

@ObjectType('UserProfile', {
  simpleResolvers: true,
  description: 'Activity and affinities of a user. An unknown user has a profile of zeros.',
})
export class UserProfileType {
  @Field(() => ID, { description: userId })
  id!: string;

  @Field(() => String, { description: 'Key of the user, assigned by the site.' })
  userKey!: string;

  @Field(() => Int, { description: 'Number of recorded events, without impressions.' })
  totalInteractions!: number;

  @Field(() => [TopicAffinityType], { description: 'The 10 categories of the highest score.' })
  topCategories!: readonly TopicAffinityType[];

  @Field(() => [TopicAffinityType], { description: 'The 10 tags of the highest score.' })
  topTags!: readonly TopicAffinityType[];

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time of the latest event, impressions aside. Null: no such event.',
  })
  lastActive!: Date | null;

  @Field(() => ActivitySessionType, {
    nullable: true,
    description: 'Latest session. Null: no event besides impressions.',
  })
  session!: ActivitySessionType | null;

  @Field(() => String, {
    nullable: true,
    description: 'Last country seen, ISO 3166-1 alpha-2. Null: unknown.',
  })
  country!: string | null;

  @Field(() => UsualStakeType, { nullable: true, description: 'Usual stake. Null: no stakes.' })
  usualStake!: UsualStakeType | null;
}

@ObjectType('User', {
  simpleResolvers: true,
  description: 'User of the site, known or not: a user without events has a profile of zeros.',
})
export class UserType {
  @Field(() => ID, { description: userId })
  id!: string;

  @Field(() => String, { description: 'Key of the user, assigned by the site.' })
  userKey!: string;
}
