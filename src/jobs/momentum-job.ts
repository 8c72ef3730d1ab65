import type { TrendComputations } from '../trends/trend-computations.js';
import type { Job } from './job.js';

/** @param everySeconds of the config, `trending.refreshSeconds`. */
export function momentumJob(computations: Pick<TrendComputations, 'momentum'>, everySeconds: number): Job {
  return {
    name: 'momentum',
    description: 'Compute how each market moved lately: views, trades, odds, volume, participants.',
    everySeconds,
    run: async () => {
      const markets = await computations.momentum();
      if (markets === null) throw new Error('Another process computes the momentum at this moment.');
      return `${markets} markets`;
    },
  };
}
