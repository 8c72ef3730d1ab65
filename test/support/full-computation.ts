import type { ComposedFeed } from '../../src/feed/feed.js';
import { pastLookup } from '../../src/feed/hydrators/past-markets.js';
import { PIPELINES } from '../../src/feed/pipeline.js';
import { isPersonalized, seedOf, userFeatures, type RankingInputs } from '../../src/feed/ranking-inputs.js';
import { rowVectors } from '../../src/feed/selectors/diversity/row-vectors.js';
import { scannedRanking, type RowRanking } from '../../src/feed/selectors/ranking.js';
import { ExplorationPolicies } from '../../src/feed/selectors/policies/exploration-policies.js';
import { explorationConstants, RankingTick } from '../../src/feed/selectors/ranking-tick.js';
import { continuation, rankedRows, selectSlate } from '../../src/feed/selectors/select-slate.js';
import { explorationWeight } from '../../src/scoring/exploration/exploration-weight.js';
import { startOfMinute } from '../../src/scoring/shared/time.js';
import { blendTrends } from '../../src/scoring/shared/trending.js';
import { weightsUnder } from '../../src/scoring/v2/ranking-model.js';
import { ScorerV2 } from '../../src/scoring/v2/scorer.js';

/**
 * The feed of algorithm v2 by the straightforward computation: every score and every key of every market, and a scan over
 * all of them for each slot. It shares no cache, bound, or order with the pipeline.
 */
export function composeInFull(inputs: RankingInputs): ComposedFeed {
  const { snapshot, trends, country, config, model, nowMs, limit } = inputs;
  const { columns, entries } = snapshot;
  const user = userFeatures(inputs);
  const removedBy = new Uint8Array(columns.size);
  for (const filter of PIPELINES.v2.filter)
    filter.apply({ ...inputs, user }, (row) => {
      removedBy[row] = 1;
    });
  const rows = Int32Array.from([...removedBy.keys()].filter((row) => removedBy[row] === 0));
  const removed = [...removedBy.keys()].filter((row) => removedBy[row] === 1);
  const trend = trends.columns(columns, country);
  const weights = weightsUnder(model, config.v2.weights);
  const scores = new ScorerV2({ ...config.v2, weights }, config.impressions).score(
    ...([columns, trend, user, pastLookup(inputs), nowMs, model.signals] as const),
  );
  const { volumeTotal } = columns;
  const discounted = (values: Float64Array): RowRanking => {
    const key = values.map((value, row) => (scores.discount[row] ?? NaN) * value);
    return scannedRanking(rows, { key, volumeTotal }, 0);
  };
  const { global, local, rising } = trend;
  const ranking = scannedRanking(rows, { key: scores.final, volumeTotal }, -Infinity);
  const { impressions, clicks } = trends.exposure(columns);
  const minuteMs = startOfMinute(nowMs);
  const weight = Float64Array.from(columns.ids, (_, row) =>
    explorationWeight(
      minuteMs - (columns.createdAtMs[row] ?? NaN),
      (columns.resolvesAtMs[row] ?? NaN) - minuteMs,
      impressions[row] ?? NaN,
      clicks[row] ?? NaN,
      explorationConstants(config),
    ),
  );
  const similarityOf = (ofRows: Int32Array): Float64Array =>
    Float64Array.from(scores.partsOf([...ofRows]), ({ similarity }) => similarity ?? NaN);
  const tick = new RankingTick({ columns, trends, config, model, minuteMs }, () => new Float64Array(0));
  const slate = {
    ...{ eligible: { rows, removedBy, removed }, columns, limit, config: config.feed },
    rankings: {
      PERSONAL: ranking,
      TRENDING: discounted(
        local === null ? global : global.map((value, row) => blendTrends(value, local[row] ?? NaN)),
      ),
      LOCAL: local === null ? null : discounted(local),
      RISING: discounted(rising),
    },
    exploration: {
      weight,
      rows: Int32Array.from([...weight.keys()].filter((row) => (weight[row] ?? 0) > 0)),
    },
    similarities: () => rowVectors(columns),
    familiarity: user === null ? null : similarityOf,
    sample: new ExplorationPolicies().samplerFor({ ...inputs, user }, tick, entries),
    hasImage: (row: number) => entries[row]?.market.imageUrl != null,
    personalized: isPersonalized(inputs),
    seed: seedOf(inputs),
  };
  const { pageDepth } = config.feed;
  const ranked = rankedRows(slate, pageDepth);
  const { items, notes } = selectSlate(slate, ranked);
  const selection = { items, rest: continuation(ranked, items, pageDepth), notes };
  const { partsOf } = scores;
  return {
    ...PIPELINES.v2.present(selection, { ranking, discounts: scores, partsOf, similarityOf }, inputs),
    notes,
  };
}
