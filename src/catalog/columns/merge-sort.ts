import type { Work } from '../../lib/in-slices.js';

/** Items that are sorted without interruption, and comparisons between two points at which work may be interrupted. */
const AT_ONCE = 1_024;

/** The items in order, in a list of their own. */
export function* mergeSortWork<Item>(
  items: readonly Item[],
  isBefore: (one: Item, other: Item) => boolean,
): Work<Item[]> {
  let runs: Item[][] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    runs.push(items.slice(from, from + AT_ONCE).sort((a, b) => (isBefore(a, b) ? -1 : 1)));
    yield;
  }
  while (runs.length > 1) {
    const longer: Item[][] = [];
    for (let index = 0; index < runs.length; index += 2) {
      longer.push(yield* mergeWork(runs[index] ?? [], runs[index + 1] ?? [], isBefore));
    }
    runs = longer;
  }
  return runs[0] ?? [];
}

function* mergeWork<Item>(
  one: readonly Item[],
  other: readonly Item[],
  isBefore: (one: Item, other: Item) => boolean,
): Work<Item[]> {
  const merged: Item[] = [];
  let left = 0;
  let right = 0;
  while (left < one.length || right < other.length) {
    const takesOther =
      left === one.length || (right < other.length && isBefore(other[right] as Item, one[left] as Item));
    merged.push((takesOther ? other[right++] : one[left++]) as Item);
    if (merged.length % AT_ONCE === 0) yield;
  }
  return merged;
}
