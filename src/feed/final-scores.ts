import { finalScorerV1 } from '../scoring/v1/scorer.js';
import type { Candidate, RankingContext } from './candidate.js';

/** The final score of every candidate, in the order of the candidates. */
export function finalScores(
  candidates: readonly Candidate[],
  { user, nowMs, trends }: RankingContext,
): Float64Array {
  const score = finalScorerV1(user, nowMs, trends);
  const finals = new Float64Array(candidates.length);
  candidates.forEach((candidate, index) => {
    finals[index] = score(candidate.scoring);
  });
  return finals;
}
