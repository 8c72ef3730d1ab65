import { Arg, ID, Resolver, Root, Subscription } from 'type-graphql';
import type { FeedChanged } from '../../live/feed-subscriptions.js';
import type { MarketsMoved } from '../../live/market-subscriptions.js';
import type { GraphQLContext } from '../context.js';
import { FeedChangedType, MarketsMovedType } from '../types/live.js';

interface SubscribeParams {
  readonly args: Readonly<Record<string, unknown>>;
  readonly context: GraphQLContext;
}

@Resolver()
export class LiveResolver {
  @Subscription(() => MarketsMovedType, {
    description:
      'Notifies when the probability or status of markets changes: immediately for the first change, then at most once per second with all changes since the last message.',
    subscribe: ({ args, context }: SubscribeParams) => context.services.live.marketMoved(args['ids']),
  })
  marketMoved(
    @Arg('ids', () => [ID], {
      description:
        'Ids of 1–100 distinct markets. An id without a market notifies once the market is created.',
    })
    _ids: string[],
    @Root() moved: MarketsMoved,
  ): MarketsMoved {
    return moved;
  }

  @Subscription(() => FeedChangedType, {
    description:
      'Notifies when a new `feed` request can return a different feed, because of events of the user (except impressions) or a new ranking config: immediately, then at most once per second.',
    subscribe: ({ args, context }: SubscribeParams) => context.services.live.feedChanged(args['userKey']),
  })
  feedChanged(
    @Arg('userKey', () => ID, { description: 'Key of the user, 1–128 characters.' })
    _userKey: string,
    @Root() changed: FeedChanged,
  ): FeedChanged {
    return changed;
  }
}
