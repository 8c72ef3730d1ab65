import { DateTimeISOResolver } from 'graphql-scalars';
import { Field, Float, Int, ObjectType } from 'type-graphql';

@ObjectType('TopicTaste', { simpleResolvers: true, description: 'What a person thinks of one topic.' })
export class TopicTasteType {
  @Field(() => String, { description: 'The category or tag, as first written.' })
  topic!: string;

  @Field(() => Float, { description: 'The sum of event weights, for ever: what algorithm v1 reads.' })
  score!: number;

  @Field(() => Float, { description: 'The same sum, halved every 30 days.' })
  longTerm!: number;

  @Field(() => Float, { description: 'The same sum of the present session, halved every 45 minutes.' })
  session!: number;
}

@ObjectType('Session', { simpleResolvers: true, description: 'A stretch of activity without a long pause.' })
export class SessionType {
  @Field(() => DateTimeISOResolver, { description: 'Its first event.' })
  startedAt!: Date;

  @Field(() => Int, { description: 'How many events it has.' })
  interactions!: number;

  @Field(() => Boolean, { description: 'Whether it has ended: 30 minutes without an event.' })
  idle!: boolean;
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
}
