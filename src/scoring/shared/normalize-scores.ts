/**
 * Each score divided by the largest of its scope; all 0 when none is above 0.
 *
 * Range 0 to 1 for scores of 0 and more.
 */
export function normalizeScores(scores: ReadonlyMap<string, number>): Map<string, number> {
  let largest = 0;
  for (const score of scores.values()) largest = Math.max(largest, score);
  const normalized = new Map<string, number>();
  for (const [id, score] of scores) normalized.set(id, largest === 0 ? 0 : score / largest);
  return normalized;
}
