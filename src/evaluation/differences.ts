import { bootstrapIntervals } from './bootstrap.js';
import { ndcgAt } from './metrics.js';
import type { EvaluatedChoice } from './replay.js';
import type { Mean } from './results.js';

/** The parts of an evaluation for which a difference is reported. */
export const DIFFERENCE_PARTS = ['all', 'usersA', 'usersB', 'firstHalf', 'secondHalf'] as const;

export type DifferencePart = (typeof DIFFERENCE_PARTS)[number];

/**
 * Paired difference of nDCG@k from a baseline: over all choices, over those of each half of the users, and over those of
 * each half of the evaluated time. Null for a part without choices.
 */
export interface Difference extends Readonly<Record<DifferencePart, Mean | null>> {
  /** Mean over the users of their mean differences, which gives each user the same weight. */
  readonly perUser: Mean;
  /** Users whose mean is higher than by the baseline, and lower. */
  readonly usersBetter: number;
  readonly usersWorse: number;
}

interface UserSums {
  readonly isInA: boolean;
  /** By half of the time: the number of choices, and the sum of nDCG@k by algorithm. */
  readonly counts: [number, number];
  readonly sums: [Float64Array, Float64Array];
}

/** Adds up nDCG@k by user and half of the time, for differences between algorithms. */
export class Differences {
  readonly #byUser = new Map<string, UserSums>();

  constructor(
    private readonly options: {
      readonly algorithms: number;
      readonly k: number;
      /** Start of the second half of the evaluated time. */
      readonly middleMs: number;
      readonly isInA: (userKey: string) => boolean;
    },
  ) {}

  add({ event, ranks }: EvaluatedChoice): void {
    const { algorithms, k, middleMs, isInA } = this.options;
    const { userKey, atMs } = event;
    let user = this.#byUser.get(userKey);
    if (user === undefined) {
      user = {
        isInA: isInA(userKey),
        counts: [0, 0],
        sums: [new Float64Array(algorithms), new Float64Array(algorithms)],
      };
      this.#byUser.set(userKey, user);
    }
    const half = atMs < middleMs ? 0 : 1;
    user.counts[half] += 1;
    const sums = user.sums[half];
    for (const [algorithm, { rank }] of ranks.entries())
      sums[algorithm] = (sums[algorithm] as number) + ndcgAt(k, rank);
  }

  /** @param baseline index of the algorithm to compare with. */
  of(
    algorithm: number,
    baseline: number,
    bootstrap: { readonly seed: number; readonly resamples: number },
  ): Difference {
    const users = [...this.#byUser.values()];
    const difference = ({ sums }: UserSums, half: 0 | 1): number =>
      (sums[half][algorithm] as number) - (sums[half][baseline] as number);
    const clusters = (of: readonly UserSums[], halves: readonly (0 | 1)[]): Cluster[] =>
      of.map((user) => ({
        count: halves.reduce<number>((sum, half) => sum + user.counts[half], 0),
        sum: halves.reduce<number>((sum, half) => sum + difference(user, half), 0),
      }));
    const all = clusters(users, [0, 1]);
    const means = all.map(({ count, sum }) => sum / count);
    const mean = (of: readonly Cluster[]): Mean | null => meanOf(of, bootstrap);
    return {
      all: mean(all),
      usersA: mean(
        clusters(
          users.filter(({ isInA }) => isInA),
          [0, 1],
        ),
      ),
      usersB: mean(
        clusters(
          users.filter(({ isInA }) => !isInA),
          [0, 1],
        ),
      ),
      firstHalf: mean(clusters(users, [0])),
      secondHalf: mean(clusters(users, [1])),
      perUser: mean(means.map((sum) => ({ count: 1, sum }))) ?? { value: NaN, interval: null },
      usersBetter: means.filter((value) => value > 0).length,
      usersWorse: means.filter((value) => value < 0).length,
    };
  }
}

/** The choices of a user. */
interface Cluster {
  readonly count: number;
  readonly sum: number;
}

function meanOf(
  clusters: readonly Cluster[],
  bootstrap: { readonly seed: number; readonly resamples: number },
): Mean | null {
  const used = clusters.filter(({ count }) => count > 0);
  if (used.length === 0) return null;
  const counts = Float64Array.from(used, ({ count }) => count);
  const sums = Float64Array.from(used, ({ sum }) => sum);
  const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
  const [interval = null] = bootstrapIntervals(counts, [sums], bootstrap);
  return { value: total(sums) / total(counts), interval };
}
