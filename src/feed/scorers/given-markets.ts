import type { CatalogEntry } from '../../catalog/catalog-snapshot.js';
import { buildSubsetColumns } from '../../catalog/columns/build-columns.js';
import { compareRanked } from '../../scoring/shared/rank-order.js';
import type { ScoreParts } from '../../scoring/score-parts.js';
import type { ScoredMarket } from '../feed.js';
import { pastLookup } from '../hydrators/past-markets.js';
import { userFeatures, type ScoringInputs } from '../ranking-inputs.js';
import type { RankingWorkspace } from '../workspace.js';
import { partsScorerV1 } from './rows.js';

/**
 * Scores given markets as a feed would, and returns them best first. They need not be in the catalog. A score does not
 * depend on which other markets are given.
 */
export function rankMarkets(
  candidates: readonly CatalogEntry[],
  inputs: ScoringInputs,
  workspace: RankingWorkspace,
): ScoredMarket[] {
  const score = inputs.algorithm === 'v1' ? scorerOfV1(inputs) : scorerOfV2(candidates, inputs, workspace);
  return candidates
    .map((candidate) => {
      const scores = score(candidate);
      const { id, volumeTotal } = candidate.scoring;
      return { candidate, scores, id, volumeTotal, final: scores.final };
    })
    .sort(compareRanked);
}

function scorerOfV1(inputs: ScoringInputs): (candidate: CatalogEntry) => ScoreParts {
  const score = partsScorerV1(inputs);
  return ({ scoring }) => score(scoring);
}

function scorerOfV2(
  candidates: readonly CatalogEntry[],
  inputs: ScoringInputs,
  workspace: RankingWorkspace,
): (candidate: CatalogEntry) => ScoreParts {
  const { snapshot, trends, country, config, nowMs } = inputs;
  const columns = buildSubsetColumns(candidates, snapshot.columns);
  const trend = trends.buildSubsetColumns(columns, snapshot.columns, country);
  const scorer = workspace.scorerFor(config);
  const scored = scorer.score(columns, trend, userFeatures(inputs), pastLookup(inputs), nowMs);
  return ({ market }) => {
    const row = columns.rowOf(market.id);
    if (row === undefined) throw new RangeError(`The columns have no market ${market.id}.`);
    return scored.parts(row);
  };
}
