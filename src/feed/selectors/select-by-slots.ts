import { isPersonalized, seedOf } from '../ranking-inputs.js';
import { continuation, rankedRows, selectSlate } from './select-slate.js';
import type { Selector } from './selector.js';
import type { SlateInput } from './slate.js';

/** The page of algorithm v2: a slate by slots, diversity limits and exploration. */
export const selectBySlots: Selector = ({ inputs, eligible, scores, workspace }) => {
  const { snapshot, trends, country, config, limit } = inputs;
  const { columns, entries } = snapshot;
  if (scores.discount === null) throw new TypeError('Selection by slots needs scores with a discount.');
  const keys = workspace.slotKeys;
  keys.fill(inputs, scores.discount);
  const hasLocal = trends.columns(columns, country).local !== null;
  const slate: SlateInput = {
    ...{ eligible, columns, limit, config: config.feed },
    keys: {
      PERSONAL: scores.final,
      TRENDING: keys.trending,
      LOCAL: hasLocal ? keys.local : null,
      RISING: keys.rising,
    },
    explorationWeight: keys.exploration,
    hasImage: (row) => entries[row]?.market.imageUrl != null,
    personalized: isPersonalized(inputs),
    seed: seedOf(inputs),
  };
  const { pageDepth } = config.feed;
  const ranked = rankedRows(slate, pageDepth);
  const { items, notes } = selectSlate(slate, ranked);
  return { items, rest: continuation(ranked, items, pageDepth), notes };
};
