import type { MarketPoller } from '../catalog/sources/market-poller.js';
import type { RankingConfig } from '../config/schema/ranking-schema.js';
import type { SourceConfig } from '../config/schema/source-schema.js';
import type { ProfileUpkeep } from '../profiles/profile-upkeep.js';
import type { Store } from '../storage/store.js';
import type { Retention } from '../tracking/retention.js';
import type { TrendComputations } from '../trends/trend-computations.js';
import { attentionJob } from './attention-job.js';
import type { Job } from './job.js';
import { momentumJob } from './momentum-job.js';
import { pollJob } from './poll-job.js';
import { profileUpkeepJob } from './profile-upkeep-job.js';
import { retentionJob } from './retention-job.js';
import { servedFeedsJob } from './served-feeds-job.js';
import { snapshotsJob } from './snapshots-job.js';
import { trendsJob } from './trends-job.js';

/** Every job of this deployment. */
export function createJobs(deps: {
  readonly config: Pick<RankingConfig, 'trending' | 'sources'>;
  readonly computations: TrendComputations;
  readonly snapshots: Store['snapshots'];
  readonly upkeep: ProfileUpkeep;
  readonly retention: Retention;
  readonly pollerOf: (source: SourceConfig) => MarketPoller;
}): Job[] {
  const { config, computations, snapshots, upkeep, retention, pollerOf } = deps;
  const { refreshSeconds } = config.trending;
  return [
    trendsJob(computations, refreshSeconds),
    momentumJob(computations, refreshSeconds),
    attentionJob(computations),
    snapshotsJob(snapshots),
    servedFeedsJob(retention),
    profileUpkeepJob(upkeep),
    retentionJob(retention),
    ...config.sources.map((source) => pollJob(source, pollerOf(source))),
  ];
}
