import type { TrendComputations } from '../trends/trend-computations.js';
import type { Job } from './job.js';

/** @param everySeconds of the config, `trending.refreshSeconds`. */
export function trendsJob(computations: Pick<TrendComputations, 'trends'>, everySeconds: number): Job {
  return {
    name: 'trends',
    description: 'Compute how strongly each market trends, everywhere and in each country.',
    everySeconds,
    run: async () => {
      const scopes = await computations.trends();
      if (scopes === null) throw new Error('Another process computes the trends at this moment.');
      return `${scopes} scopes`;
    },
  };
}
