import { BestOf } from '../feed/selectors/best-of.js';
import { compareScored } from '../scoring/shared/rank-order.js';

/** What breaks ties between candidates: production's order, with engagements so far for the volume. */
export interface TieKey {
  readonly id: string;
  readonly volumeTotal: number;
}

/** Where the right market stands, and what stands first. */
export interface Placing {
  /** Counted from 1. */
  readonly rank: number;
  /** Numbers of the first k markets, best first. */
  readonly top: readonly number[];
}

/**
 * The place of one candidate among all, without sorting them: one pass counts those before it and keeps the best k.
 *
 * @param scores by place in `candidates`.
 * @param keys by market number.
 * @param target the number of one of the candidates.
 */
export function placeOf(
  candidates: readonly number[],
  scores: Float64Array,
  keys: readonly TieKey[],
  target: number,
  k: number,
): Placing {
  const compare = (a: number, b: number): number =>
    compareScored(keyAt(a), scores[a] ?? NaN, keyAt(b), scores[b] ?? NaN);
  const keyAt = (place: number): TieKey => keys[candidates[place] ?? -1] ?? NOBODY;
  const targetPlace = candidates.indexOf(target);
  const best = new BestOf(k, compare);
  let before = 0;
  for (let place = 0; place < candidates.length; place += 1) {
    if (compare(place, targetPlace) < 0) before += 1;
    best.offer(place);
  }
  return { rank: before + 1, top: best.indexes.flatMap((place) => candidates[place] ?? []) };
}

const NOBODY: TieKey = { id: '', volumeTotal: 0 };
