import { Field, Float, Int, ObjectType } from 'type-graphql';
import { DateTime } from './date-time.js';

@ObjectType('TopicTaste', { simpleResolvers: true, description: 'Affinity of a user for one topic.' })
export class TopicAffinityType {
  @Field(() => String, { description: 'Category or tag, as first written.' })
  topic!: string;

  @Field(() => Float, { description: 'Lifetime sum of event weights, without decay; read by algorithm v1.' })
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

@ObjectType('Session', { simpleResolvers: true, description: 'Period of activity without a long pause.' })
export class SessionType {
  @Field(() => DateTime, { description: 'Time of the first event.' })
  startedAt!: Date;

  @Field(() => Int, { description: 'Number of events.' })
  interactions!: number;

  @Field(() => Boolean, {
    description: 'Whether the session has ended: after 30 minutes without an event by default.',
  })
  idle!: boolean;
}

@ObjectType('CategoryStake', { simpleResolvers: true, description: 'Usual stake of a user in a category.' })
export class CategoryStakeType {
  @Field(() => String, { description: 'Category in lower case.' })
  category!: string;

  @Field(() => Float, { description: "Median of the last 20 stakes in the category, in the site's unit." })
  stake!: number;
}

@ObjectType('UsualStake', { simpleResolvers: true, description: 'Usual stake of a user.' })
export class UsualStakeType {
  @Field(() => Float, { description: "Median of the last 20 stakes, in the site's unit." })
  overall!: number;

  @Field(() => [CategoryStakeType], { description: 'Median stake per category.' })
  byCategory!: CategoryStakeType[];
}

@ObjectType('UserProfile', {
  simpleResolvers: true,
  description: 'Profile of a user. An unknown user has a profile of zeros.',
})
export class UserProfileType {
  @Field(() => String, { description: 'Key of the user.' })
  userKey!: string;

  @Field(() => Int, { description: 'Number of recorded events, without impressions.' })
  totalInteractions!: number;

  @Field(() => [TopicAffinityType], { description: 'The 10 categories of the highest score.' })
  topCategories!: TopicAffinityType[];

  @Field(() => [TopicAffinityType], { description: 'The 10 tags of the highest score.' })
  topTags!: TopicAffinityType[];

  @Field(() => DateTime, {
    nullable: true,
    description: 'Time of the latest event. Null: no events.',
  })
  lastActive!: Date | null;

  @Field(() => SessionType, { nullable: true, description: 'Latest session. Null: no events.' })
  session!: SessionType | null;

  @Field(() => String, {
    nullable: true,
    description: 'Last country seen, ISO 3166-1 alpha-2. Null: unknown.',
  })
  country!: string | null;

  @Field(() => UsualStakeType, { nullable: true, description: 'Usual stake. Null: no stakes.' })
  usualStake!: UsualStakeType | null;
}
