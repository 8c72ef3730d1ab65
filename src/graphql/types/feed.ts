import { DateTimeISOResolver } from 'graphql-scalars';
import { Field, ID, ObjectType } from 'type-graphql';
import { FeedItemType } from './feed-item.js';

@ObjectType('Feed', {
  simpleResolvers: true,
  description: 'The markets that a person should see now, as a page shows them.',
})
export class FeedType {
  @Field(() => ID, {
    description: 'Names this feed: for `feedPage`, and to be sent along with events that come from it.',
  })
  id!: string;

  @Field(() => FeedItemType, {
    nullable: true,
    description:
      'The one to show large: the best that has an image. Null only when there is nothing to show.',
  })
  hero!: FeedItemType | null;

  @Field(() => [FeedItemType], { description: 'The next ones, at most 9.' })
  grid!: FeedItemType[];

  @Field(() => [FeedItemType], { description: 'The rest.' })
  stream!: FeedItemType[];

  @Field(() => Boolean, { description: 'Whether what is known of the person took part.' })
  personalized!: boolean;

  @Field(() => String, { nullable: true, description: 'Whose feed it is; null for everyone.' })
  userKey!: string | null;

  @Field(() => String, { description: '`v2`, `v1`, or `fallback` when the feed is degraded.' })
  algorithmVersion!: string;

  @Field(() => String, { description: 'Names the ranking config that was in force.' })
  configVersion!: string;

  @Field(() => DateTimeISOResolver, { description: 'The instant that ages and decays were counted to.' })
  generatedAt!: Date;

  @Field(() => Boolean, {
    description: 'Whether something that the ranking needs could not be had in time and was left out.',
  })
  degraded!: boolean;
}

@ObjectType('FeedPage', { simpleResolvers: true, description: 'How a feed goes on.' })
export class FeedPageType {
  @Field(() => ID, { description: 'The feed that it is of.' })
  feedId!: string;

  @Field(() => [FeedItemType], {
    description: 'The next items, in the ranking that was made for the feed; their scores are as of now.',
  })
  items!: FeedItemType[];

  @Field(() => Boolean, { description: 'Whether there is more after the last item.' })
  hasMore!: boolean;
}
