import type { TrendComputations } from '../trends/trend-computations.js';
import type { Job } from './job.js';
import { buildBudgetMs, computationOutcome } from './computation-outcome.js';

/** @param everySeconds of the config, `trending.refreshSeconds`. */
export function momentumJob(computations: Pick<TrendComputations, 'momentum'>, everySeconds: number): Job {
  return {
    name: 'momentum',
    description: 'Compute how each market moved lately: views, trades, odds, volume, participants.',
    everySeconds,
    run: async ({ signal }) =>
      computationOutcome(
        await computations.momentum({ signal, budgetMs: buildBudgetMs(everySeconds) }),
        'markets',
      ),
  };
}
