import { bucketOf } from '../../dist/experiments/assignment/hash.js';
import { compareArms } from '../../dist/experiments/statistics/compare.js';
import { MomentsAccumulator } from '../../dist/experiments/statistics/moments.js';
import { DAY_MS } from '../../dist/lib/time.js';
import { loadSampleCatalog } from '../../dist/sample/sample-catalog.js';
import { simulateUsers } from '../../dist/sample/simulate-users.js';

const NOW_MS = Date.parse('2026-01-01T00:00:00Z');

export interface CupedOptions {
  readonly seed: number;
  readonly users: number;
  /** Days of the experiment, and of the period before it. */
  readonly days: number;
}

/**
 * The share of the variance of interactions per user that CUPED removes on the sample: an experiment without an effect, and
 * the users of the sample.
 */
export function cupedReduction({ seed, users, days }: CupedOptions): { reduction: number; theta: number } {
  const startMs = NOW_MS - days * DAY_MS;
  const sample = simulateUsers(loadSampleCatalog(NOW_MS), { seed, nowMs: NOW_MS, users, days: 2 * days });
  const counts = new Map(sample.users.map(({ userKey }) => [userKey, { before: 0, during: 0 }]));
  for (const { userKey, occurredAt } of sample.interactions) {
    const count = counts.get(userKey);
    if (count === undefined) continue;
    if (Date.parse(occurredAt) < startMs) count.before += 1;
    else count.during += 1;
  }
  const arms = [new MomentsAccumulator(), new MomentsAccumulator()] as const;
  for (const [userKey, { before, during }] of counts) {
    arms[bucketOf('cuped', userKey, 2) < 0.5 ? 0 : 1].add([during, 1, before, 1]);
  }
  const [control, treatment] = [arms[0].moments(), arms[1].moments()];
  const plain = compareArms(control, treatment, { scale: 'absolute', cuped: false });
  const adjusted = compareArms(control, treatment, { scale: 'absolute', cuped: true });
  if (plain === null || adjusted === null) throw new Error('The sample has no variance.');
  return { reduction: 1 - (adjusted.standardError / plain.standardError) ** 2, theta: adjusted.theta };
}
