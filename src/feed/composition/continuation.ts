import { bestRows } from './best-rows.js';
import type { ComposedPage, PageInput } from './page-input.js';

/**
 * How a ranking goes on behind its page: the other eligible rows by PERSONAL's key, ties by volume and id, until page and
 * continuation together have `depth` rows.
 */
export function continuation(
  { eligible, keys, columns }: Pick<PageInput, 'eligible' | 'keys' | 'columns'>,
  page: Pick<ComposedPage, 'items'>,
  depth: number,
): Int32Array {
  const shown = new Uint8Array(columns.size);
  for (const { row } of page.items) shown[row] = 1;
  const order = { key: keys.PERSONAL, volumeTotal: columns.volumeTotal };
  const count = Math.max(0, depth - page.items.length);
  return bestRows(eligible, count, order, { above: -Infinity, wanted: (row) => shown[row] === 0 });
}
