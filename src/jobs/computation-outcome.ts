import type { ComputationResult } from '../trends/trend-computations.js';

/**
 * The outcome of a run that computes something.
 *
 * @param noun what it counts, in the plural.
 * @throws when another process makes the same computation, so that the run is retried.
 */
export function computationOutcome(result: ComputationResult, noun: string): string {
  switch (result.state) {
    case 'computed':
      return `${result.count} ${noun}`;
    case 'building':
      return result.share === null
        ? 'counting a backlog of new events'
        : `building the roll-up: ${Math.floor(100 * result.share)}% of the window is counted`;
    case 'busy':
      throw new Error('Another process makes this computation at this moment.');
  }
}

/** Time of one run for building roll-ups: most of the job's period, so that the next run goes on with it soon. */
export function buildBudgetMs(everySeconds: number): number {
  return 800 * everySeconds;
}
