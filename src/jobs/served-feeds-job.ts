import type { Retention } from '../tracking/retention.js';
import type { Job } from './job.js';

export function servedFeedsJob(
  retention: Pick<Retention, 'removeServedFeedsOfNobody' | 'dropServedFeeds'>,
): Job {
  return {
    name: 'served-feeds',
    description: 'Remove answered feeds that are too old, and those of nobody that cannot be paged on in.',
    everySeconds: 10 * 60,
    run: async ({ now, signal }) => {
      const removed = await retention.removeServedFeedsOfNobody(now);
      const { dropped } = await retention.dropServedFeeds(now, signal);
      return `${removed} feeds of nobody removed, ${dropped.length} partitions dropped`;
    },
  };
}
