import type { LoadedConfig } from '../../config/live-config.js';
import type { Logger } from '../../lib/logger.js';
import type { RecentInputs } from '../explain/recent-inputs.js';
import type { Feed } from '../feed.js';
import type { RankingInputs } from '../ranking-inputs.js';
import type { ServedFeed } from '../served/served-feed.js';
import type { ShownMarkets } from '../served/shown-markets.js';
import type { ServedFeeds } from '../served/served-feeds.js';

/** A feed that is about to be returned. */
export interface ServedEvent {
  readonly feed: Feed;
  readonly served: ServedFeed;
  /** Null for a feed that is served again and was not ranked again. */
  readonly inputs: RankingInputs | null;
}

export interface SideEffectDeps {
  readonly servedFeeds: Pick<ServedFeeds, 'add'>;
  readonly shownMarkets: Pick<ShownMarkets, 'served'>;
  readonly recentInputs: Pick<RecentInputs, 'add'>;
  readonly exposures: { observe(inputs: RankingInputs, served: ServedFeed): void };
  readonly trackImpressions: (input: object) => Promise<unknown>;
  readonly config: () => Pick<LoadedConfig, 'config'>;
  readonly logger: Logger;
}

/** Starts work that a served feed causes. It must not wait, because the response follows it. */
export type SideEffect = (event: ServedEvent, deps: SideEffectDeps) => void;

/** Stores the feed for paging and explanations. */
export const storeServedFeed: SideEffect = ({ served }, { servedFeeds }) => {
  servedFeeds.add(served);
};

/** Notes that the user saw the feed, for the attribution of events. */
export const noteShown: SideEffect = ({ served }, { shownMarkets }) => {
  shownMarkets.served(served);
};

/** Finds out whether the feed depends on the arm of an experiment; a feed without its profile is not compared. */
export const noteExposures: SideEffect = ({ feed, served, inputs }, { exposures }) => {
  if (inputs !== null && feed.algorithmVersion !== 'fallback') exposures.observe(inputs, served);
};

/** Keeps the inputs for exact replays. */
export const keepInputs: SideEffect = ({ feed, inputs }, { recentInputs }) => {
  if (inputs !== null) recentInputs.add(feed.id, inputs);
};

/**
 * Counts hero and grid as shown, if `impressions.trackOnServe` is set: for clients that report no impressions. A feed that is
 * served again is recorded once. The impressions change the profile, so the next feed of the user has another id.
 */
export const recordImpressions: SideEffect = ({ feed }, { trackImpressions, config, logger }) => {
  const { id: feedId, userKey, hero, grid } = feed;
  if (!config().config.impressions.trackOnServe || userKey === null || hero === null) return;
  const items = [hero, ...grid].map(({ market, section, position }) => ({
    ...{ marketId: market.id, section, position },
  }));
  trackImpressions({ userKey, feedId, clientEventId: `served:${feedId}`, items }).catch((error: unknown) => {
    logger.warn({ err: error }, 'failed to record impressions of a served feed');
  });
};
