import { isPersonalized, seedOf } from '../ranking-inputs.js';
import { DiscountedRanking } from './discounted-ranking.js';
import { rowVectors } from './diversity/row-vectors.js';
import type { RowRanking } from './ranking.js';
import { continuation, rankedRows, selectSlate } from './select-slate.js';
import type { Selector } from './selector.js';
import type { SharedOrder } from './shared-order.js';
import type { SlateInput } from './slate.js';

/** The page of algorithm v2: a slate by slots, diversity limits and exploration. */
export const selectBySlots: Selector = ({ inputs, user, eligible, scores, workspace }) => {
  const { snapshot, country, config, limit } = inputs;
  const { columns, entries } = snapshot;
  const { discounts, ranking } = scores;
  if (discounts === null) throw new TypeError('Selection by slots needs scores with a discount.');
  const tick = workspace.tickOf(inputs);
  const scope = tick.scopeOf(country);
  const keys = workspace.keys(columns.size);
  const discounted = (order: SharedOrder): RowRanking =>
    new DiscountedRanking(order, eligible.removedBy, discounts, keys);
  const slate: SlateInput = {
    ...{ eligible, columns, limit, config: config.feed },
    rankings: {
      PERSONAL: ranking,
      TRENDING: discounted(scope.trending),
      LOCAL: scope.local === null ? null : discounted(scope.local),
      RISING: discounted(tick.rising),
    },
    exploration: tick.exploration,
    similarities: () => rowVectors(columns),
    familiarity: scores.similarityOf,
    sample: workspace.policies.samplerFor({ ...inputs, user }, tick, entries),
    hasImage: (row) => entries[row]?.market.imageUrl != null,
    personalized: isPersonalized(inputs),
    seed: seedOf(inputs),
  };
  const { pageDepth } = config.feed;
  const ranked = rankedRows(slate, pageDepth);
  const { items, notes } = selectSlate(slate, ranked);
  return { items, rest: continuation(ranked, items, pageDepth), notes };
};
