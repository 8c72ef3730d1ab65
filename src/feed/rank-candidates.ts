import { compareRanked } from '../scoring/shared/rank-order.js';
import { scorerV1 } from '../scoring/v1/scorer.js';
import type { Candidate, RankingContext, ScoredCandidate } from './candidate.js';

/** Scores every candidate by itself, part by part, and puts them in order, best first. */
export function rankCandidates(
  candidates: readonly Candidate[],
  { user, nowMs, trends }: RankingContext,
): ScoredCandidate[] {
  const score = scorerV1(user, nowMs);
  return candidates
    .map((candidate) => {
      const { id, volumeTotal } = candidate.scoring;
      const scores = score(candidate.scoring, {
        trendingGlobal: trends.trendingGlobal(id),
        trendingLocal: trends.trendingLocal(id),
        probability24hAgo: trends.probability24hAgo(id),
      });
      return { candidate, scores, id, volumeTotal, final: scores.final };
    })
    .sort(compareRanked);
}
