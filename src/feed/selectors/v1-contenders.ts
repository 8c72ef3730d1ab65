import { FIRST_PAGE_LIMIT_V1 } from '../../scoring/v1/page-layout.js';
import { compareScored } from '../../scoring/shared/rank-order.js';
import type { Candidate } from '../candidate.js';
import { BestOf } from './best-of.js';

/**
 * The few candidates from which `v1Page` makes the same page as from all of them, in no order: the first nine
 * places under their limit by category, wherever in the ranking these come from, and the best `limit` of all,
 * among which is whatever follows.
 *
 * @param finals their scores, in the same order.
 */
export function v1Contenders(
  candidates: readonly Candidate[],
  finals: Float64Array,
  limit: number,
): Candidate[] {
  const at = (index: number): Candidate => candidates[index] as Candidate;
  const finalAt = (index: number): number => finals[index] as number;
  const compare = (a: number, b: number): number =>
    compareScored(at(a).scoring, finalAt(a), at(b).scoring, finalAt(b));
  const best = new BestOf(limit, compare);
  const firstPage = new BestOf(FIRST_PAGE_LIMIT_V1.positions, compare, {
    perCategory: FIRST_PAGE_LIMIT_V1.perCategory,
    categoryOf: (index) => at(index).scoring.category,
  });
  for (let index = 0; index < candidates.length; index += 1) {
    best.offer(index);
    firstPage.offer(index);
  }
  return [...new Set([...best.indexes, ...firstPage.indexes])].map(at);
}
