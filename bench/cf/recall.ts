/** Recall of a held-out split. */
import type { Split } from './block-model.ts';

/** Writes the score of each item for a user. */
export type ScoreUser = (user: number, scores: Float64Array) => void;

/**
 * The mean, over the users with held-out items, of the share of these items among the `k` highest scores. Items of the
 * training are left out; of equal scores, the item with the lower number comes first.
 */
export function recallAt(k: number, { train, test, items }: Split, score: ScoreUser): number {
  const scores = new Float64Array(items);
  let sum = 0;
  let users = 0;
  for (const [user, held] of test.entries()) {
    if (held.length === 0) continue;
    scores.fill(0);
    score(user, scores);
    for (const item of train[user] ?? []) scores[item] = -Infinity;
    const top = new Set(highest(scores, k));
    sum += held.filter((item) => top.has(item)).length / held.length;
    users += 1;
  }
  return sum / users;
}

/** The indexes of the `k` highest values. */
function highest(values: Float64Array, k: number): number[] {
  // A sorted list, in which most values find no position.
  const top: number[] = [];
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? -Infinity;
    if (value === -Infinity || (top.length === k && value <= (values[top.at(-1) ?? 0] ?? 0))) continue;
    if (top.length === k) top.pop();
    let at = top.length;
    while (at > 0 && (values[top[at - 1] ?? 0] ?? 0) < value) at -= 1;
    top.splice(at, 0, index);
  }
  return top;
}
