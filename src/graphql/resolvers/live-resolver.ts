import { Arg, ID, Resolver, Root, Subscription } from 'type-graphql';
import { aliasUseOf, requestedUser } from '../../auth/viewer.js';
import type { FeedChanged } from '../../live/feed-subscriptions.js';
import type { MarketsMoved } from '../../live/market-subscriptions.js';
import type { GraphQLContext } from '../context.js';
import { FeedChangedType, MarketsMovedType } from '../types/live.js';

interface SubscribeParams<Args> {
  readonly args: Readonly<Args>;
  readonly context: GraphQLContext;
}

@Resolver()
export class LiveResolver {
  @Subscription(() => MarketsMovedType, {
    description:
      'Notifies when the probability or status of markets changes: immediately for the first change, then at most once per second with all changes since the last message. Select `market { id probability status }` to update a normalized cache.',
    subscribe: ({ args: { marketIds }, context: { services } }: SubscribeParams<{ marketIds: string[] }>) =>
      services.live.marketsMoved(marketIds),
  })
  marketsMoved(
    @Arg('marketIds', () => [ID], {
      description:
        'Ids of 1–100 distinct markets. An id without a market notifies once the market is created.',
    })
    _marketIds: string[],
    @Root() moved: MarketsMoved,
  ): MarketsMoved {
    return moved;
  }

  @Subscription(() => FeedChangedType, {
    description:
      'Notifies when a new `feed` request can return a different feed, because of events of the user (except impressions) or a new ranking config: immediately, then at most once per second.',
    subscribe: ({
      args: { userKey },
      context: { services, viewer },
    }: SubscribeParams<{ userKey?: string | null }>) =>
      services.live.feedChanged(requestedUser(viewer, userKey ?? null), aliasUseOf(viewer)),
  })
  feedChanged(
    @Arg('userKey', () => String, {
      nullable: true,
      description:
        'Key of the user, 1–128 characters. Null: the user of the client token; required without one. Another user than that of a client token is FORBIDDEN.',
    })
    _userKey: string | null,
    @Root() changed: FeedChanged,
  ): FeedChanged {
    return changed;
  }
}
