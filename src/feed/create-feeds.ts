import type { Catalog } from '../catalog/catalog.js';
import type { Clock } from '../lib/clock.js';
import type { LoadedConfig } from '../config/live-config.js';
import type { Logger } from '../lib/logger.js';
import type { TrendService } from '../trends/trend-service.js';
import { CrowdService } from './crowd-service.js';
import { ExplainService } from './explain-service.js';
import type { Feed } from './feed.js';
import { FeedService } from './feed-service.js';
import { Hydrator, type HeldProfiles } from './hydrator.js';
import { RankersV2 } from './rankers-v2.js';
import { RecentInputs } from './recent-inputs.js';
import { ServedFeeds, type FeedStore } from './served-feeds.js';

export interface Feeds {
  readonly service: FeedService;
  readonly crowd: CrowdService;
  readonly explain: ExplainService;
  /** Resolves when every feed that was answered is stored. */
  drain(): Promise<void>;
}

/** The ways in which a feed is made, gone on in, and explained. */
export function createFeeds(parts: {
  catalog: Pick<Catalog, 'snapshot' | 'findByIds' | 'pastMarket'>;
  trends: Pick<TrendService, 'state'>;
  heldProfiles: HeldProfiles;
  store: FeedStore;
  config: () => LoadedConfig;
  /** False: feeds do not depend on the user, whatever the config says. */
  personalizationEnabled: boolean;
  /** Told of every feed that is answered; it must not wait for anything. */
  onServed: (feed: Feed) => void;
  clock: Clock;
  newId: () => string;
  logger: Logger;
}): Feeds {
  const { catalog, trends, heldProfiles, store, config, onServed, clock, newId, logger } = parts;
  const { personalizationEnabled } = parts;
  const served = new ServedFeeds({ store, clock, logger });
  const recent = new RecentInputs();
  const v2 = new RankersV2();
  const timeoutMs = (): number => config().config.feed.profileTimeoutMs;
  const hydrator = new Hydrator({ catalog, heldProfiles, timeoutMs, clock, logger });
  const service = new FeedService({
    ...{ catalog, trends, hydrator, v2, config, personalizationEnabled, served, clock, newId },
    onServed: (feed, ranking, inputs) => {
      served.add(ranking);
      recent.add(feed.id, inputs);
      onServed(feed);
    },
  });
  const explain = new ExplainService({ feeds: service, served, recent, hydrator, v2 });
  const crowd = new CrowdService({ catalog, trends, config, clock });
  return { service, crowd, explain, drain: () => served.drain() };
}
