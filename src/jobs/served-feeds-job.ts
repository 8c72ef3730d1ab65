import type { Retention } from '../tracking/retention.js';
import type { Job } from './job.js';

export function servedFeedsJob(retention: Pick<Retention, 'removeServedFeedsOfNobody'>): Job {
  return {
    name: 'served-feeds',
    description: 'Remove the feeds of nobody that can no longer be paged on in.',
    everySeconds: 10 * 60,
    run: async ({ now }) => `${await retention.removeServedFeedsOfNobody(now)} feeds removed`,
  };
}
