import type { TrendComputations } from '../trends/trend-computations.js';
import type { Job } from './job.js';
import { buildBudgetMs, computationOutcome } from './computation-outcome.js';

/** @param everySeconds of the config, `trending.refreshSeconds`. */
export function trendsJob(computations: Pick<TrendComputations, 'trends'>, everySeconds: number): Job {
  return {
    name: 'trends',
    description: 'Compute how strongly each market trends, everywhere and in each country.',
    everySeconds,
    run: async ({ signal }) =>
      computationOutcome(
        await computations.trends({ signal, budgetMs: buildBudgetMs(everySeconds) }),
        'scopes',
      ),
  };
}
