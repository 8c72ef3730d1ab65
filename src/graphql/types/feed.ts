import { Field, Float, ID, ObjectType, registerEnumType } from 'type-graphql';
import { RankedMarketType } from './ranking.js';
import { DateTime } from './date-time.js';

const SlotEnum = {
  PERSONAL: 'PERSONAL',
  TRENDING: 'TRENDING',
  LOCAL: 'LOCAL',
  RISING: 'RISING',
  EXPLORATION: 'EXPLORATION',
} as const;

registerEnumType(SlotEnum, {
  name: 'Slot',
  description: 'Kind of a page position; each kind has a quota of the slate.',
  valuesConfig: {
    PERSONAL: { description: 'Highest scores for the user.' },
    TRENDING: { description: 'Trending over all users.' },
    LOCAL: { description: 'Trending in the country of the request.' },
    RISING: { description: 'Largest probability changes, weighted by volume.' },
    EXPLORATION: { description: 'Sampled among new and rarely shown markets.' },
  },
});

const BadgeEnum = { MOVED: 'MOVED', CLOSING_SOON: 'CLOSING_SOON', HOT: 'HOT', NEW: 'NEW' } as const;

registerEnumType(BadgeEnum, {
  name: 'Badge',
  description: 'Label for the card of a market. The config sets the thresholds.',
  valuesConfig: {
    MOVED: { description: 'Changed materially since its last impression for the user.' },
    CLOSING_SOON: { description: 'Resolves soon.' },
    HOT: { description: 'Trending strongly.' },
    NEW: { description: 'Created recently.' },
  },
});

@ObjectType('FeedItem', { simpleResolvers: true, description: 'Ranked market on a page of a feed.' })
export class FeedItemType extends RankedMarketType {
  @Field(() => SlotEnum, {
    nullable: true,
    description: 'Slot of the item. Null: the algorithm has no slots.',
  })
  slot!: keyof typeof SlotEnum | null;

  @Field(() => BadgeEnum, { nullable: true, description: 'Badge for the card. Null: none applies.' })
  badge!: keyof typeof BadgeEnum | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Probability of selecting this market for exploration, 0–1. Null: not an explored item.',
  })
  propensity!: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      'One short sentence built from the largest score components. Null: no component contributes enough.',
  })
  reason!: string | null;
}

@ObjectType('Feed', { simpleResolvers: true, description: 'First page of a personalized feed.' })
export class FeedType {
  @Field(() => ID, { description: 'Id of the feed, for `feedPage` and for the `feedId` of events.' })
  id!: string;

  @Field(() => FeedItemType, {
    nullable: true,
    description: 'Best item with an image, or the best item if none has one. Null: no market to show.',
  })
  hero!: FeedItemType | null;

  @Field(() => [FeedItemType], { description: 'Next items, at most 9.' })
  grid!: FeedItemType[];

  @Field(() => [FeedItemType], { description: 'Remaining items.' })
  stream!: FeedItemType[];

  @Field(() => Boolean, { description: 'Whether the ranking uses the profile of the user.' })
  personalized!: boolean;

  @Field(() => String, { nullable: true, description: 'Key of the user. Null: anonymous user.' })
  userKey!: string | null;

  @Field(() => String, { description: '`v2`, `v1`, or `fallback` if the feed is degraded.' })
  algorithmVersion!: string;

  @Field(() => String, { description: 'Version of the ranking config: a hash of its values.' })
  configVersion!: string;

  @Field(() => DateTime, {
    description: 'Time of the ranking, to which ages and decay are computed.',
  })
  generatedAt!: Date;

  @Field(() => Boolean, {
    description: 'Whether the ranking left out an input that was not available in time.',
  })
  degraded!: boolean;
}

@ObjectType('FeedPage', { simpleResolvers: true, description: 'Further page of a feed.' })
export class FeedPageType {
  @Field(() => ID, { description: 'Id of the feed.' })
  feedId!: string;

  @Field(() => [FeedItemType], {
    description: 'Next items in the order of the served feed. Scores are current.',
  })
  items!: FeedItemType[];

  @Field(() => Boolean, { description: 'Whether items follow this page.' })
  hasMore!: boolean;
}
