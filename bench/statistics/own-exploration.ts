import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { estimatePolicy } from '../../dist/experiments/off-policy/estimate.js';
import { slotSequence } from '../../dist/experiments/off-policy/robust-sequence.js';
import { weighSlate, type WeightedSlate } from '../../dist/experiments/off-policy/slates.js';
import { explore, seededGenerator } from '../../dist/feed/selectors/exploration.js';
import { chance } from '../../dist/sample/random-draws.js';

const POOL = 40;
const ALPHA = 0.05;

/** The estimators that need the probability of each item alone; items of one draw are not independent. */
const NAMES = ['itemPosition', 'itemPositionNormalized', 'doublyRobust'] as const;

export interface OwnExplorationOptions {
  readonly seed: number;
  readonly runs: number;
  readonly slates: number;
  /** Explored items per slate. The gateway logs exact propensities up to two, and conditional ones above. */
  readonly picks: number;
}

/**
 * Evaluates an exploration of equal weights on slates that the gateway's own exploration served, with the propensities that
 * it logs. Returns the runs in which the interval contained the true value, by estimator.
 */
export function simulateOwnExploration({ seed, runs, slates, picks }: OwnExplorationOptions) {
  const rng = seededGenerator(seed);
  const covered = { itemPosition: 0, itemPositionNormalized: 0, doublyRobust: 0, sequence: 0 };
  const pool = Int32Array.from({ length: POOL }, (_, row) => row);
  const equal = { probabilities: () => Array.from(pool, (row) => [row, 1 / POOL] as const) };
  for (let run = 0; run < runs; run += 1) {
    const weight = Float64Array.from(pool, () => 0.2 + 2 * uniformFloat64(rng));
    const rates = Float64Array.from(pool, () => 0.3 * uniformFloat64(rng));
    const model = { predict: (_context: null, row: number) => 0.5 * (rates[row] ?? 0) + 0.1 };
    const weighted: WeightedSlate[] = [];
    for (let index = 0; index < slates; index += 1) {
      const slots = explore(pool, weight, picks, rng).map(({ row, propensity }) => ({
        item: row,
        // The logged propensity is that of any of the explored slots.
        propensity: propensity / picks,
        reward: Number(chance(rng, rates[row] ?? 0)),
      }));
      weighted.push(weighSlate({ user: `user-${index}`, context: null, slots }, equal, model));
    }
    const perSlot = rates.reduce((sum, rate) => sum + rate, 0) / POOL;
    for (const name of NAMES) {
      const interval = estimatePolicy(weighted, name, ALPHA)?.interval;
      const truth = perSlot * picks;
      if (interval !== undefined && interval.low <= truth && truth <= interval.high) covered[name] += 1;
    }
    const { low, high } = slotSequence(weighted, ALPHA);
    if (low <= perSlot && perSlot <= high) covered.sequence += 1;
  }
  return covered;
}
