import { DateTimeISOResolver } from 'graphql-scalars';
import { Field, Float, ObjectType, registerEnumType } from 'type-graphql';
import type { FeedChangeReason } from '../../live/feed-changes.js';
import { MarketStatus, MarketType } from './market.js';

@ObjectType('MarketMove', {
  simpleResolvers: true,
  description: 'How one market moved since the last message about it, or since the subscription began.',
})
export class MarketMoveType {
  @Field(() => MarketType, { description: 'The market as it is now, open or not.' })
  market!: MarketType;

  @Field(() => Float, {
    nullable: true,
    description: '0–1; null when the market had none, or was not there.',
  })
  probabilityBefore!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: '0–1; null when unknown, and for a market with several answers.',
  })
  probability!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: '`probability` less `probabilityBefore`, −1 to 1; null without both.',
  })
  change!: number | null;

  @Field(() => MarketStatus, {
    nullable: true,
    description: 'Where it stood; null when the market was not there.',
  })
  statusBefore!: keyof typeof MarketStatus | null;
}

@ObjectType('MarketsMoved', { simpleResolvers: true, description: 'Markets that moved, told together.' })
export class MarketsMovedType {
  @Field(() => DateTimeISOResolver, { description: 'When this was told.' })
  at!: Date;

  @Field(() => [MarketMoveType], { description: 'Those that moved, each once; never empty.' })
  moves!: MarketMoveType[];
}

export const FeedChangeReasonEnum = { PROFILE: 'PROFILE', CONFIG: 'CONFIG' } as const satisfies Record<
  FeedChangeReason,
  FeedChangeReason
>;

registerEnumType(FeedChangeReasonEnum, {
  name: 'FeedChangeReason',
  description: 'Why a feed is another one now.',
  valuesConfig: {
    PROFILE: { description: 'The person did something.' },
    CONFIG: { description: 'The ranking config changed, and perhaps the person did something, too.' },
  },
});

@ObjectType('FeedChanged', {
  simpleResolvers: true,
  description: "Asking for this person's feed again now gives another one.",
})
export class FeedChangedType {
  @Field(() => String, { description: "The site's own key of the person." })
  userKey!: string;

  @Field(() => FeedChangeReasonEnum, { description: 'Why it is another one.' })
  reason!: FeedChangeReason;

  @Field(() => DateTimeISOResolver, { description: 'When this was told.' })
  at!: Date;
}
