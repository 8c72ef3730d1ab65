import { compareRanked } from '../scoring/rank-order.js';
import { scorerV1 } from '../scoring/score-v1.js';
import type { Candidate, RankingContext, ScoredCandidate } from './candidate.js';

/** Scores every candidate by itself and puts them in order, best first. */
export function rankCandidates(candidates: readonly Candidate[], context: RankingContext): ScoredCandidate[] {
  const score = scorerV1(context.user, context.nowMs);
  return candidates
    .map((candidate) => {
      const { id, volumeTotal } = candidate.scoring;
      const scores = score(candidate.scoring, context.trendOf(id));
      return { candidate, scores, id, volumeTotal, final: scores.final };
    })
    .sort(compareRanked);
}
