import { lowerBound } from '../lib/binary-search.js';
import { compareScored } from '../scoring/shared/rank-order.js';

/** Tie-break of equal scores, as in production, with the number of engagements so far as the volume. */
export interface TieKey {
  readonly id: string;
  readonly volumeTotal: number;
}

/** Rank of the chosen market, and the top of the ranking. */
export interface RankResult {
  /** From 1. */
  readonly rank: number;
  /** Numbers of the first k markets, best first. */
  readonly top: readonly number[];
}

/**
 * Rank of one candidate among all, without sorting: one pass counts the better ones and keeps the best k.
 *
 * @param scores by index in `candidates`.
 * @param keys by market number.
 * @param target number of one of the candidates.
 */
export function rankOf(
  candidates: readonly number[],
  scores: Float64Array,
  keys: readonly TieKey[],
  target: number,
  k: number,
): RankResult {
  const compare = (a: number, b: number): number =>
    compareScored(keyAt(a), scores[a] ?? NaN, keyAt(b), scores[b] ?? NaN);
  const keyAt = (index: number): TieKey => keys[candidates[index] ?? -1] ?? NO_KEY;
  const targetIndex = candidates.indexOf(target);
  const best = new BestOf(k, compare);
  let better = 0;
  for (let index = 0; index < candidates.length; index += 1) {
    if (compare(index, targetIndex) < 0) better += 1;
    best.offer(index);
  }
  return { rank: better + 1, top: best.indexes.flatMap((index) => candidates[index] ?? []) };
}

const NO_KEY: TieKey = { id: '', volumeTotal: 0 };

/** The best `size` of the indexes offered one by one, best first. */
class BestOf {
  readonly #best: number[] = [];

  constructor(
    private readonly size: number,
    /** For `sort`, best first; 0 only for the same index. */
    private readonly compare: (a: number, b: number) => number,
  ) {}

  get indexes(): readonly number[] {
    return this.#best;
  }

  offer(index: number): void {
    const best = this.#best;
    if (best.length === this.size) {
      const worst = best.at(-1);
      if (worst === undefined || this.compare(index, worst) > 0) return;
      best.pop();
    }
    best.splice(
      lowerBound(best.length, (at) => this.compare(index, best[at] as number) > 0),
      0,
      index,
    );
  }
}
