import type { Catalog } from '../catalog/catalog.js';
import type { LoadedConfig } from '../config/live-config.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import type { UserRegister } from '../privacy/user-register.js';
import type { RankingModel } from '../scoring/v2/ranking-model.js';
import type { TrendService } from '../trends/trend-service.js';
import { ExplainService } from './explain/explain-service.js';
import { RecentInputs } from './explain/recent-inputs.js';
import { feedIdentity } from './feed-identity.js';
import { FeedService } from './feed-service.js';
import { Hydrator } from './hydrators/hydrator.js';
import { InputsHydrator } from './hydrators/inputs.js';
import type { ProfileReader } from './hydrators/profile.js';
import { PIPELINES } from './pipeline.js';
import type { ServedFeed } from './served/served-feed.js';
import { ShownMarkets } from './served/shown-markets.js';
import { ServedFeeds, type FeedStore } from './served/served-feeds.js';
import { Exposures, type ExposureDeps } from './side-effects/exposures.js';
import type { SideEffectDeps } from './side-effects/after-serving.js';
import { TrendingService } from './trending-service.js';
import { RankingWorkspace } from './workspace.js';

export interface Feeds {
  readonly service: FeedService;
  readonly trending: TrendingService;
  readonly explain: ExplainService;
  /** Returns a served feed. */
  find(feedId: string): Promise<ServedFeed | undefined>;
  readonly attributionsOf: ShownMarkets['attributionsOf'];
  /** Drops what is kept in memory about users, and waits for the write in progress. */
  dropData(userKeys: readonly string[] | 'all'): Promise<void>;
  /** Resolves when every served feed is stored. */
  drain(): Promise<void>;
}

export function createFeeds(deps: {
  catalog: Pick<Catalog, 'snapshot' | 'findByIds' | 'pastMarket'>;
  trends: Pick<TrendService, 'state'>;
  /** The model that feeds use now. */
  models: { readonly current: RankingModel };
  profiles: ProfileReader;
  users: Pick<UserRegister, 'treatmentOf' | 'isActive'>;
  store: FeedStore;
  exposureStore: ExposureDeps['store'];
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
  const { catalog, trends, models, profiles, users, store, config, trackImpressions } = deps;
  const { exposureStore, isStalled, personalizationEnabled, clock, feedIdSecret, logger } = deps;
  const mayStore = (userKey: string): boolean => users.isActive(userKey);
  const servedFeeds = new ServedFeeds({ store, mayStore, clock, logger });
  const shownMarkets = new ShownMarkets({ feeds: servedFeeds, clock });
  const recentInputs = new RecentInputs();
  const workspace = new RankingWorkspace();
  const timeoutMs = (): number => config().config.feed.profileTimeoutMs;
  const feedId = feedIdentity(feedIdSecret);
  const hydrator = new Hydrator({ catalog, profiles, timeoutMs, isStalled, clock, logger });
  const inputs = new InputsHydrator({
    ...{ catalog, trends, models, hydrator, users, config, personalizationEnabled, clock },
  });
  const exposures = new Exposures({
    ...{ store: exposureStore, mayStore, workspace, logger },
    otherArms: (of, experiment) => inputs.otherArms(of, experiment),
  });
  const service = new FeedService({
    ...{ inputs, hydrator, users, workspace, config, servedFeeds, clock, feedId },
    onServed: (event) => {
      for (const sideEffect of PIPELINES[event.feed.algorithm].sideEffects)
        sideEffect(event, {
          ...{ servedFeeds, shownMarkets, exposures, recentInputs, trackImpressions, config, logger },
        });
    },
  });
  const explain = new ExplainService({ inputs, servedFeeds, recentInputs, hydrator, workspace, feedId });
  const trending = new TrendingService({ catalog, trends, config, clock });
  return {
    ...{ service, trending, explain },
    find: (id) => servedFeeds.find(id, null),
    attributionsOf: (shown) => shownMarkets.attributionsOf(shown),
    dropData: async (userKeys) => {
      service.dropData(userKeys);
      shownMarkets.dropData(userKeys);
      recentInputs.drop(userKeys);
      await Promise.all([servedFeeds.dropData(userKeys), exposures.dropData(userKeys)]);
    },
    drain: async () => {
      await Promise.all([servedFeeds.drain(), exposures.drain()]);
    },
  };
}
