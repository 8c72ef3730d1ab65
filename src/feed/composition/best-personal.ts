import { bestRows } from './best-rows.js';
import type { PageInput } from './page-input.js';

/** So many of the best for each place of the page: to be compared with each other, or because some are taken. */
export const POOLED_PER_PLACE = { compared: 4, ordered: 2 };

/** How many of the best rows by PERSONAL's key composing a page compares with each other. */
export function personalPoolSize({
  eligible,
  limit,
  config,
}: Pick<PageInput, 'eligible' | 'limit' | 'config'>): number {
  const { compared, ordered } = POOLED_PER_PLACE;
  return Math.min(limit, eligible.length) * (config.diversity.mmrLambda < 1 ? compared : ordered);
}

/** The eligible rows by PERSONAL's key, best first, as far as a page and its continuation to `depth` rows look. */
export function bestPersonal(
  input: Pick<PageInput, 'eligible' | 'keys' | 'columns' | 'limit' | 'config'>,
  depth: number,
): Int32Array {
  const { eligible, keys, columns } = input;
  const order = { key: keys.PERSONAL, volumeTotal: columns.volumeTotal };
  const count = Math.max(depth, personalPoolSize(input));
  return bestRows(eligible, count, order, { above: -Infinity, wanted: null });
}
