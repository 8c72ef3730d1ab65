import type { Retention } from '../tracking/retention.js';
import type { Job } from './job.js';

export function servedFeedsJob(retention: Pick<Retention, 'dropServedFeeds'>): Job {
  return {
    name: 'served-feeds',
    description:
      'Drop served feeds that can no longer be paged in, and pages that are too old to be explained.',
    everySeconds: 10 * 60,
    run: async ({ now, signal }) => {
      const { dropped, postponed } = await retention.dropServedFeeds(now, signal);
      // A partition in use is dropped by the next run, ten minutes later.
      return `${dropped.length} partitions dropped, ${postponed.length} postponed`;
    },
  };
}
