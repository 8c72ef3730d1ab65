import type { Caller } from '../auth/rate-limits/caller.js';
import type { Catalog } from '../catalog/catalog.js';
import type { MarketHistory } from '../catalog/market-history.js';
import type { TrendingService } from '../feed/trending-service.js';
import type { ExplainService } from '../feed/explain/explain-service.js';
import type { FeedService } from '../feed/feed-service.js';
import type { LiveService } from '../live/live-service.js';
import type { AudienceInsightsService } from '../privacy/audience-insights.js';
import type { ModelList } from '../learning/model-list.js';
import type { JobService } from '../jobs/job-service.js';
import type { ErasureService } from '../privacy/erasure-service.js';
import type { ExportService } from '../privacy/export-service.js';
import type { MergeService } from '../privacy/merge-service.js';
import type { SettingsService } from '../privacy/settings-service.js';
import type { ProfileService } from '../profiles/profile-service.js';
import type { SinkStatusService } from '../outbox/sink-status.js';
import type { TrackingService } from '../tracking/tracking-service.js';
import type { TrendService } from '../trends/trend-service.js';
import { createLoaders, type Loaders } from './loaders.js';

/** Services that resolvers delegate to. */
export interface Services {
  readonly audience: AudienceInsightsService;
  readonly catalog: Catalog;
  readonly trending: TrendingService;
  readonly explain: ExplainService;
  readonly feed: FeedService;
  readonly live: LiveService;
  readonly marketHistory: MarketHistory;
  readonly jobs: JobService;
  readonly modelList: ModelList;
  readonly profiles: ProfileService;
  readonly sinks: SinkStatusService;
  readonly settings: SettingsService;
  readonly exports: ExportService;
  readonly erasure: ErasureService;
  readonly merging: MergeService;
  readonly tracking: TrackingService;
  readonly trends: TrendService;
}

/** Context shared by all resolvers of one request. */
export interface GraphQLContext extends Caller {
  readonly services: Services;
  readonly loaders: Loaders;
  /** Country from a trusted proxy's header, ISO 3166-1 alpha-2; null without such a header. */
  readonly country: string | null;
}

export function createContext(
  services: Services,
  request: Pick<GraphQLContext, 'address' | 'country' | 'viewer'>,
): GraphQLContext {
  return { services, loaders: createLoaders(services, request.viewer), ...request };
}
