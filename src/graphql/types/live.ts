import { Field, Float, ObjectType, registerEnumType } from 'type-graphql';
import type { FeedChangeReason } from '../../live/feed-subscriptions.js';
import { MarketStatus, MarketType } from './market.js';
import { DateTime } from './date-time.js';

@ObjectType('MarketMove', {
  simpleResolvers: true,
  description: 'Change of one market since the last message about it, or since the subscription began.',
})
export class MarketMoveType {
  @Field(() => MarketType, {
    description: 'The market, open or not, with its present probability and status.',
  })
  market!: MarketType;

  @Field(() => Float, {
    nullable: true,
    description: 'Probability before the change, 0–1. Null: unknown, or the market did not exist.',
  })
  probabilityBefore!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Present probability of the market minus `probabilityBefore`, −1 to 1. Null: either is unknown.',
  })
  probabilityChange!: number | null;

  @Field(() => MarketStatus, {
    nullable: true,
    description: 'Status before the change. Null: the market did not exist.',
  })
  statusBefore!: keyof typeof MarketStatus | null;
}

@ObjectType('MarketsMoved', { simpleResolvers: true, description: 'Market changes of one message.' })
export class MarketsMovedType {
  @Field(() => DateTime, { description: 'Time of the message.' })
  at!: Date;

  @Field(() => [MarketMoveType], { description: 'Changed markets, each once; never empty.' })
  moves!: MarketMoveType[];
}

const FeedChangeReasonEnum = { PROFILE: 'PROFILE', CONFIG: 'CONFIG' } as const satisfies Record<
  FeedChangeReason,
  FeedChangeReason
>;

registerEnumType(FeedChangeReasonEnum, {
  name: 'FeedChangeReason',
  description: 'Cause of a feed change.',
  valuesConfig: {
    PROFILE: { description: 'New events of the user.' },
    CONFIG: { description: 'New ranking config, and possibly also new events of the user.' },
  },
});

@ObjectType('FeedChanged', {
  simpleResolvers: true,
  description: 'Notification that a new `feed` request for the user can return a different feed.',
})
export class FeedChangedType {
  @Field(() => String, { description: 'Key of the user.' })
  userKey!: string;

  @Field(() => FeedChangeReasonEnum, { description: 'Cause of the change.' })
  reason!: FeedChangeReason;

  @Field(() => DateTime, { description: 'Time of the message.' })
  at!: Date;
}
