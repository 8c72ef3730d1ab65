import { DateTimeISOResolver } from 'graphql-scalars';
import { Field, Float, Int, ObjectType } from 'type-graphql';

@ObjectType('TopicTaste', { simpleResolvers: true, description: 'What a person thinks of one topic.' })
export class TopicTasteType {
  @Field(() => String, { description: 'The category or tag, as first written.' })
  topic!: string;

  @Field(() => Float, { description: 'The sum of event weights, for ever: what algorithm v1 reads.' })
  score!: number;

  @Field(() => Float, { description: 'The same sum, halved every 30 days by default.' })
  longTerm!: number;

  @Field(() => Float, {
    description: 'The same sum of the present session, halved every 45 minutes by default.',
  })
  session!: number;
}

@ObjectType('Session', { simpleResolvers: true, description: 'A stretch of activity without a long pause.' })
export class SessionType {
  @Field(() => DateTimeISOResolver, { description: 'Its first event.' })
  startedAt!: Date;

  @Field(() => Int, { description: 'How many events it has.' })
  interactions!: number;

  @Field(() => Boolean, {
    description: 'Whether it has ended: by default after 30 minutes without an event.',
  })
  idle!: boolean;
}

@ObjectType('CategoryStake', {
  simpleResolvers: true,
  description: 'What a person usually stakes in a category.',
})
export class CategoryStakeType {
  @Field(() => String, { description: 'The category, in lower case.' })
  category!: string;

  @Field(() => Float, { description: 'The median of the last 20 stakes in it.' })
  stake!: number;
}

@ObjectType('UsualStake', { simpleResolvers: true, description: 'What a person usually stakes.' })
export class UsualStakeType {
  @Field(() => Float, { description: 'The median of the last 20 stakes.' })
  overall!: number;

  @Field(() => [CategoryStakeType], { description: 'The same within each category.' })
  byCategory!: CategoryStakeType[];
}

@ObjectType('UserProfile', {
  simpleResolvers: true,
  description: 'What is known of a person. One never seen has a profile of zeros.',
})
export class UserProfileType {
  @Field(() => String, { description: "The site's own key of the person." })
  userKey!: string;

  @Field(() => Int, { description: 'How many events were recorded, impressions excepted.' })
  totalInteractions!: number;

  @Field(() => [TopicTasteType], { description: 'The ten categories of the highest score.' })
  topCategories!: TopicTasteType[];

  @Field(() => [TopicTasteType], { description: 'The ten tags of the highest score.' })
  topTags!: TopicTasteType[];

  @Field(() => DateTimeISOResolver, { nullable: true, description: 'The latest event.' })
  lastActive!: Date | null;

  @Field(() => SessionType, {
    nullable: true,
    description: 'The latest session; null before the first event.',
  })
  session!: SessionType | null;

  @Field(() => String, { nullable: true, description: 'The country last seen, ISO 3166-1 alpha-2.' })
  country!: string | null;

  @Field(() => UsualStakeType, { nullable: true, description: 'Null when the person never staked anything.' })
  usualStake!: UsualStakeType | null;
}
