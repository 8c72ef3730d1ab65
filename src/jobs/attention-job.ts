import type { TrendComputations } from '../trends/trend-computations.js';
import type { Job } from './job.js';

export function attentionJob(computations: Pick<TrendComputations, 'attention'>): Job {
  return {
    name: 'attention',
    description:
      'Count how often each market was shown and opened within a week, and how popular it has been.',
    everySeconds: 10 * 60,
    run: async () => {
      const markets = await computations.attention();
      if (markets === null) throw new Error('Another process computes the attention at this moment.');
      return `${markets} markets`;
    },
  };
}
