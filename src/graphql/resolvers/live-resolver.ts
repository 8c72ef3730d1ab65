import { Arg, ID, Resolver, Root, Subscription } from 'type-graphql';
import type { FeedChanged } from '../../live/feed-changes.js';
import type { MarketsMoved } from '../../live/market-moves.js';
import type { GraphQLContext } from '../context.js';
import { FeedChangedType, MarketsMovedType } from '../types/live.js';

/** What a subscription's field is asked with. */
interface Asked {
  readonly args: Readonly<Record<string, unknown>>;
  readonly context: GraphQLContext;
}

@Resolver()
export class LiveResolver {
  @Subscription(() => MarketsMovedType, {
    description:
      'Tells when the probability or the status of markets changed: the first change at once, then at most once a second with what changed meanwhile.',
    subscribe: ({ args, context }: Asked) => context.services.live.marketMoved(args['ids']),
  })
  marketMoved(
    @Arg('ids', () => [ID], { description: '1–100 markets, each once; one that is not there is waited for.' })
    _ids: string[],
    @Root() moved: MarketsMoved,
  ): MarketsMoved {
    return moved;
  }

  @Subscription(() => FeedChangedType, {
    description:
      'Tells when asking for a feed again gives another one, because the person did something (impressions excepted) or the ranking config changed: at once, then at most once a second.',
    subscribe: ({ args, context }: Asked) => context.services.live.feedChanged(args['userKey']),
  })
  feedChanged(
    @Arg('userKey', () => ID, { description: "The site's own key of the person, 1–128 characters." })
    _userKey: string,
    @Root() changed: FeedChanged,
  ): FeedChanged {
    return changed;
  }
}
