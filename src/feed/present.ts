import { badgeOf, type Badge } from './badge.js';
import type { ComposedFeed, RankedItem, ScoredMarket } from './feed.js';
import { explainItem } from './reason.js';
import type { RankingInputs } from './ranking-inputs.js';
import { signedWeights } from '../scoring/score-parts.js';
import { reasonWeights } from '../scoring/v2/ranking-model.js';
import type { RowScores } from './scorers/rows.js';
import type { Selection } from './selectors/selector.js';
import type { ServedPosition } from './served/served-feed.js';

/** Turns the selected rows into the items of a response, and the continuation into ids. */
export type Presenter = (
  selection: Selection,
  scores: RowScores,
  inputs: RankingInputs,
) => Pick<ComposedFeed, 'items' | 'rest'>;

export const presentItems: Presenter = (selection, scores, inputs) => {
  const { snapshot, algorithm, config, nowMs } = inputs;
  const marketAt = (row: number): RankingInputs['snapshot']['entries'][number] => {
    const entry = snapshot.entries[row];
    if (entry === undefined) throw new RangeError(`The catalog has no row ${row}.`);
    return entry;
  };
  const toItem = itemsFor(inputs);
  const partsOfItems = scores.partsOf(selection.items.map(({ row }) => row));
  const items = partsOfItems.map((parts, index): RankedItem => {
    const { row, slot, propensity } = selection.items[index] as Selection['items'][number];
    const { market, resolvesAtMs, scoring } = marketAt(row);
    const { trending, trendingGlobal, trendingLocal } = parts;
    const badge = badgeOf(
      {
        moved: scores.discounts?.changed[row] === 1,
        resolvesAtMs,
        createdAtMs: scoring.createdAtMs,
        // In v2 the component `trending` includes popularity.
        trending: algorithm === 'v1' ? (trending ?? 0) : Math.max(trendingGlobal ?? 0, trendingLocal ?? 0),
      },
      nowMs,
      config.feed.badges,
    );
    const scored = { market, scores: parts };
    return toItem({ rank: index + 1, score: parts.final, slot, badge, propensity }, scored);
  });
  const rest = Array.from(selection.rest, (row) => marketAt(row).reference);
  return { items, rest };
};

/**
 * Returns the items at positions of a served feed. A market that is not among the scored ones leaves its position empty.
 * A score that is not stored is the current one.
 */
export function itemsAt(
  positions: readonly ServedPosition[],
  scored: readonly ScoredMarket[],
  inputs: RankingInputs,
): RankedItem[] {
  const toItem = itemsFor(inputs);
  const byId = new Map(scored.map((item) => [item.candidate.market.id, item]));
  return positions.flatMap(({ marketId, score, ...position }) => {
    const item = byId.get(marketId);
    if (item === undefined) return [];
    const { candidate, scores } = item;
    return [toItem({ ...position, score: score ?? scores.final }, { scores, market: candidate.market })];
  });
}

interface Position {
  readonly rank: number;
  readonly score: number;
  readonly slot: RankedItem['slot'];
  readonly badge: Badge | null;
  readonly propensity: number | null;
}

/** Returns a function that adds the reason to an item. */
function itemsFor({
  country,
  config,
  model,
  algorithm,
}: RankingInputs): (position: Position, scored: Pick<RankedItem, 'market' | 'scores'>) => RankedItem {
  const weights = signedWeights(algorithm, reasonWeights(model, config.v2.weights));
  return ({ rank, score, slot, badge, propensity }, { market, scores }) => {
    const { category } = market;
    const { sentence: reason, parts: reasonParts } = explainItem(
      { scores, slot, category, country, moved: badge === 'MOVED' },
      weights,
    );
    return { rank, score, slot, badge, propensity, scores, market, reason, reasonParts };
  };
}
