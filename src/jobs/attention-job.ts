import type { TrendComputations } from '../trends/trend-computations.js';
import type { Job } from './job.js';
import { buildBudgetMs, computationOutcome } from './computation-outcome.js';

const EVERY_SECONDS = 10 * 60;

export function attentionJob(computations: Pick<TrendComputations, 'attention'>): Job {
  return {
    name: 'attention',
    description:
      'Count how often each market was shown and opened within a week, and how popular it has been.',
    everySeconds: EVERY_SECONDS,
    run: async ({ signal }) =>
      computationOutcome(
        await computations.attention({ signal, budgetMs: buildBudgetMs(EVERY_SECONDS) }),
        'markets',
      ),
  };
}
