import type { Catalog } from '../catalog/catalog.js';
import type { MarketHistory } from '../catalog/market-history.js';
import type { CrowdService } from '../feed/crowd-service.js';
import type { ExplainService } from '../feed/explain-service.js';
import type { FeedService } from '../feed/feed-service.js';
import type { LiveService } from '../live/live-service.js';
import type { JobService } from '../jobs/job-service.js';
import type { ProfileService } from '../profiles/profile-service.js';
import type { SinkStatusService } from '../outbox/sink-status.js';
import type { TrackingService } from '../tracking/tracking-service.js';
import type { TrendService } from '../trends/trend-service.js';
import { createLoaders, type Loaders } from './loaders.js';

/** The use cases that resolvers delegate to. */
export interface Services {
  readonly catalog: Catalog;
  readonly crowd: CrowdService;
  readonly explain: ExplainService;
  readonly feed: FeedService;
  readonly live: LiveService;
  readonly marketHistory: MarketHistory;
  readonly jobs: JobService;
  readonly profiles: ProfileService;
  readonly sinks: SinkStatusService;
  readonly tracking: TrackingService;
  readonly trends: TrendService;
}

/** What every resolver of one request shares. */
export interface GraphQLContext {
  readonly services: Services;
  readonly loaders: Loaders;
  /** Where a trusted proxy says the request comes from, ISO 3166-1 alpha-2; null when none says. */
  readonly country: string | null;
}

export function createContext(services: Services, country: string | null): GraphQLContext {
  return { services, loaders: createLoaders(services), country };
}
