import type { ComposedPage } from './page-input.js';

/**
 * How a ranking goes on behind its page: the rows of `ranked` that are not on the page, until page and continuation
 * together have `depth` rows.
 *
 * @param ranked the eligible rows by PERSONAL's key, at least the best `depth`; see `bestPersonal`.
 */
export function continuation(
  ranked: Int32Array,
  { items }: Pick<ComposedPage, 'items'>,
  depth: number,
): Int32Array {
  const shown = new Set(items.map(({ row }) => row));
  return ranked.filter((row) => !shown.has(row)).subarray(0, Math.max(0, depth - items.length));
}
