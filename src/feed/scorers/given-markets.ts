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
  const scored =
    inputs.algorithm === 'v1' ? scoresV1(candidates, inputs) : scoresV2(candidates, inputs, workspace);
  return candidates
    .map((candidate, index) => {
      const scores = scored[index] as ScoreParts;
      const { id, volumeTotal } = candidate.scoring;
      return { candidate, scores, id, volumeTotal, final: scores.final };
    })
    .sort(compareRanked);
}

function scoresV1(candidates: readonly CatalogEntry[], inputs: ScoringInputs): ScoreParts[] {
  const score = partsScorerV1(inputs);
  return candidates.map(({ scoring }) => score(scoring));
}

function scoresV2(
  candidates: readonly CatalogEntry[],
  inputs: ScoringInputs,
  workspace: RankingWorkspace,
): ScoreParts[] {
  const { snapshot, trends, country, model, nowMs } = inputs;
  const columns = buildSubsetColumns(candidates, snapshot.columns);
  const trend = trends.buildSubsetColumns(columns, snapshot.columns, country);
  const scorer = workspace.scorerFor(inputs);
  const { signals } = model;
  const { partsOf } = scorer.scoreOnDemand({
    ...{ columns, trends: trend, user: userFeatures(inputs), past: pastLookup(inputs), signals, nowMs },
    ...{ country, impersonal: scorer.impersonalSum(columns, trend, nowMs, signals, country) },
  });
  const rows = candidates.map(({ market }) => {
    const row = columns.rowOf(market.id);
    if (row === undefined) throw new RangeError(`The columns have no market ${market.id}.`);
    return row;
  });
  return partsOf(rows);
}
