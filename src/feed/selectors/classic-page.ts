import { diversifyFirstPage, feedSections, FIRST_PAGE_LIMIT_V1 } from '../../scoring/v1/page-layout.js';
import type { Selector, SelectorInput } from './selector.js';
import { continuation } from './select-slate.js';

/**
 * The page of algorithm v1: the ranking with at most 3 markets of a category among the first 9, and the first market that
 * has an image as the hero.
 */
export const selectClassicPage: Selector = (input) => {
  const { inputs } = input;
  const { entries } = inputs.snapshot;
  const { limit, config } = inputs;
  const depth = config.feed.pageDepth;
  const ranked = rankedFor(input, Math.max(depth, limit));
  const page = diversifyFirstPage([...ranked], (row) => categoryOf(input, row)).slice(0, limit);
  const { hero, grid, stream } = feedSections(page, (row) => entries[row]?.market.imageUrl != null);
  const rows = [...(hero === null ? [] : [hero]), ...grid, ...stream];
  const items = rows.map((row) => ({ row, slot: null, propensity: null }));
  return { items, rest: continuation(ranked, items, depth), notes: [] };
};

/**
 * The best rows: at least `depth` of them, and so many that they fill the first page within its limit if the catalog can.
 * The page of these rows is that of the whole ranking.
 */
function rankedFor(input: SelectorInput, depth: number): Int32Array {
  const { eligible, scores } = input;
  for (let count = depth; ; count *= 8) {
    const ranked = scores.ranking.best(count, null);
    if (ranked.length === eligible.rows.length || fillsFirstPage(input, ranked)) return ranked;
  }
}

function fillsFirstPage(input: SelectorInput, ranked: Int32Array): boolean {
  const { positions, perCategory } = FIRST_PAGE_LIMIT_V1;
  const counts = new Map<string, number>();
  let filled = 0;
  for (const row of ranked) {
    const category = categoryOf(input, row);
    const count = (counts.get(category) ?? 0) + 1;
    counts.set(category, count);
    if (count <= perCategory) filled += 1;
    if (filled === positions) return true;
  }
  return false;
}

function categoryOf({ inputs }: SelectorInput, row: number): string {
  return inputs.snapshot.entries[row]?.scoring.category ?? '';
}
