import { DateTimeISOResolver } from 'graphql-scalars';
import { Field, ID, ObjectType } from 'type-graphql';
import { RankedMarketType } from './ranked-market.js';

@ObjectType('Feed', {
  simpleResolvers: true,
  description: 'The markets that a person should see now, as a page shows them.',
})
export class FeedType {
  @Field(() => ID, { description: 'Names this feed; send it along with events that come from it.' })
  id!: string;

  @Field(() => RankedMarketType, {
    nullable: true,
    description:
      'The one to show large: the best that has an image. Null only when there is nothing to show.',
  })
  hero!: RankedMarketType | null;

  @Field(() => [RankedMarketType], { description: 'The next ones, at most 9.' })
  grid!: RankedMarketType[];

  @Field(() => [RankedMarketType], { description: 'The rest.' })
  stream!: RankedMarketType[];

  @Field(() => Boolean, { description: 'Whether what is known of the person took part.' })
  personalized!: boolean;

  @Field(() => String, { nullable: true, description: 'Whose feed it is; null for everyone.' })
  userKey!: string | null;

  @Field(() => String, { description: '`v1`, or `fallback` when the feed is degraded.' })
  algorithmVersion!: string;

  @Field(() => DateTimeISOResolver, { description: 'The instant that ages and decays were counted to.' })
  generatedAt!: Date;

  @Field(() => Boolean, {
    description: 'Whether something that the ranking needs could not be had in time and was left out.',
  })
  degraded!: boolean;
}
