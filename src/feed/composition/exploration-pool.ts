import { heaviestOfGroups } from './heaviest-of-groups.js';
import type { LimitedPage } from './limited-page.js';
import type { PageInput } from './page-input.js';

/**
 * The rows that may be explored on a page whose other places are taken: those with a weight that are not on it, and of
 * an event or category that has room for fewer than `picks` only the heaviest, so that whichever `picks` of the pool are
 * drawn, the page can keep its limits. Nothing here is random, and what is drawn from the pool is never dropped later:
 * so the probability of being drawn is that of being explored.
 */
export function explorationPool(
  { eligible, explorationWeight, columns }: Pick<PageInput, 'eligible' | 'explorationWeight' | 'columns'>,
  page: LimitedPage,
  taken: Uint8Array,
  picks: number,
): Int32Array {
  const rows = new Int32Array(eligible.length);
  let count = 0;
  for (let i = 0; i < eligible.length; i += 1) {
    const row = eligible[i] as number;
    if ((explorationWeight[row] as number) > 0 && taken[row] === 0) rows[count++] = row;
  }
  const { event, category } = columns;
  const ofEvents = heaviestOfGroups(
    rows.subarray(0, count),
    event,
    explorationWeight,
    picks,
    (id) => page.eventRoom(id),
    page.newEventRoom >= picks ? page.events : null,
  );
  if (page.categoryRoom(0) === Infinity) return ofEvents;
  return heaviestOfGroups(ofEvents, category, explorationWeight, picks, (id) => page.categoryRoom(id), null);
}
