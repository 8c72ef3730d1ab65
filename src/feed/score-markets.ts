import { buildSubsetColumns } from '../catalog/columns/build-columns.js';
import { compareRanked } from '../scoring/shared/rank-order.js';
import type { Candidate, ScoredCandidate } from './candidate.js';
import { knownUser } from './known-user.js';
import { pastLookup } from './past-lookup.js';
import { rankCandidates } from './rank-candidates.js';
import type { RankersV2 } from './rankers-v2.js';
import type { RankingInputs } from './ranking-inputs.js';
import { contextV1 } from './v1-pipeline.js';

/** What scoring given markets depends on. */
export type ScoringInputs = Omit<RankingInputs, 'limit' | 'userKey' | 'configVersion'>;

/**
 * Scores each of the given markets, part by part, as the feed would, and puts them in order, best first; a market's
 * score does not depend on which others are given.
 */
export function rankMarkets(
  candidates: readonly Candidate[],
  inputs: ScoringInputs,
  v2: RankersV2,
): ScoredCandidate[] {
  if (inputs.algorithm === 'v1') return rankCandidates(candidates, contextV1(inputs));
  const { snapshot, trends, country, config, nowMs } = inputs;
  const columns = buildSubsetColumns(candidates, snapshot.columns);
  const byId = new Map(candidates.map((candidate) => [candidate.market.id, candidate]));
  const trend = trends.buildSubsetColumns(columns, snapshot.columns, country);
  const scored = v2.scorerFor(config).score(columns, trend, knownUser(inputs), pastLookup(inputs), nowMs);
  return columns.ids
    .flatMap((id, row) => {
      const candidate = byId.get(id);
      if (candidate === undefined) return [];
      const scores = scored.parts(row);
      return [{ candidate, scores, id, volumeTotal: candidate.scoring.volumeTotal, final: scores.final }];
    })
    .sort(compareRanked);
}
