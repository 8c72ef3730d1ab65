import { Field, Float, ObjectType, registerEnumType } from 'type-graphql';
import { RankedMarketType } from './ranked-market.js';

export const SlotEnum = {
  PERSONAL: 'PERSONAL',
  TRENDING: 'TRENDING',
  LOCAL: 'LOCAL',
  RISING: 'RISING',
  EXPLORATION: 'EXPLORATION',
} as const;

export const BadgeEnum = { MOVED: 'MOVED', CLOSING_SOON: 'CLOSING_SOON', HOT: 'HOT', NEW: 'NEW' } as const;

registerEnumType(SlotEnum, {
  name: 'Slot',
  description: 'The part of the mix that an item fills.',
  valuesConfig: {
    PERSONAL: { description: 'The best for this person.' },
    TRENDING: { description: 'What many people are on.' },
    LOCAL: { description: "What many people are on in the person's country." },
    RISING: { description: 'Where the odds are moving.' },
    EXPLORATION: { description: 'What few have seen yet.' },
  },
});

registerEnumType(BadgeEnum, {
  name: 'Badge',
  description: 'What a card may say of itself.',
  valuesConfig: {
    MOVED: { description: 'It changed since the person was shown it.' },
    CLOSING_SOON: { description: 'It resolves soon.' },
    HOT: { description: 'Many people are on it now.' },
    NEW: { description: 'It was made lately.' },
  },
});

@ObjectType('FeedItem', { simpleResolvers: true, description: 'A market at its place on a page.' })
export class FeedItemType extends RankedMarketType {
  @Field(() => SlotEnum, {
    nullable: true,
    description: 'The part of the mix that it fills; null where the algorithm has no mix.',
  })
  slot!: keyof typeof SlotEnum | null;

  @Field(() => BadgeEnum, { nullable: true, description: 'What its card may say of itself.' })
  badge!: keyof typeof BadgeEnum | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Of an explored market: the probability with which it was among the explored ones, 0–1.',
  })
  propensity!: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'One short sentence made of the largest parts of its score.',
  })
  reason!: string | null;
}
