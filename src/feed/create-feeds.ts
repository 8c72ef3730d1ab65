import type { Catalog } from '../catalog/catalog.js';
import type { LoadedConfig } from '../config/live-config.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import type { TrendService } from '../trends/trend-service.js';
import { ExplainService } from './explain/explain-service.js';
import { RecentInputs } from './explain/recent-inputs.js';
import { feedIdentity } from './feed-identity.js';
import { FeedService } from './feed-service.js';
import { Hydrator } from './hydrators/hydrator.js';
import type { ProfileReader } from './hydrators/profile.js';
import { PIPELINES } from './pipeline.js';
import { ServedFeeds, type FeedStore } from './served/served-feeds.js';
import type { SideEffectDeps } from './side-effects/after-serving.js';
import { TrendingService } from './trending-service.js';
import { RankingWorkspace } from './workspace.js';

export interface Feeds {
  readonly service: FeedService;
  readonly trending: TrendingService;
  readonly explain: ExplainService;
  /** Resolves when every served feed is stored. */
  drain(): Promise<void>;
}

export function createFeeds(deps: {
  catalog: Pick<Catalog, 'snapshot' | 'findByIds' | 'pastMarket'>;
  trends: Pick<TrendService, 'state'>;
  profiles: ProfileReader;
  store: FeedStore;
  /** Whether the database that profiles are read from has not responded for this many milliseconds. */
  isStalled: (forMs: number) => boolean;
  config: () => LoadedConfig;
  /** False: feeds do not depend on the user, whatever the config says. */
  personalizationEnabled: boolean;
  trackImpressions: SideEffectDeps['trackImpressions'];
  clock: Clock;
  /** Key of the ids of feeds. */
  feedIdSecret: Uint8Array;
  logger: Logger;
}): Feeds {
  const { catalog, trends, profiles, store, config, trackImpressions, clock, feedIdSecret, logger } = deps;
  const { isStalled, personalizationEnabled } = deps;
  const servedFeeds = new ServedFeeds({ store, clock, logger });
  const recentInputs = new RecentInputs();
  const workspace = new RankingWorkspace();
  const timeoutMs = (): number => config().config.feed.profileTimeoutMs;
  const feedId = feedIdentity(feedIdSecret);
  const hydrator = new Hydrator({ catalog, profiles, timeoutMs, isStalled, clock, logger });
  const service = new FeedService({
    ...{ catalog, trends, hydrator, workspace, config, personalizationEnabled, servedFeeds, clock, feedId },
    onServed: (event) => {
      for (const sideEffect of PIPELINES[event.feed.algorithm].sideEffects)
        sideEffect(event, { servedFeeds, recentInputs, trackImpressions, config, logger });
    },
  });
  const explain = new ExplainService({
    feeds: service,
    servedFeeds,
    recentInputs,
    hydrator,
    workspace,
    feedId,
  });
  const trending = new TrendingService({ catalog, trends, config, clock });
  return { service, trending, explain, drain: () => servedFeeds.drain() };
}
