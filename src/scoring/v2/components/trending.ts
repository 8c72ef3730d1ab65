import { clampToUnit } from '../../shared/probability.js';
import { blendTrends } from '../../shared/trending.js';
import type { TrendConstants } from '../constants.js';
import type { TrendColumns } from '../features.js';

/**
 * Trending: `now · (blend of local and global trend) + (1 − now) · popularity`. The trend has a half-life of hours; the
 * popularity over weeks keeps what a small site saw during the whole day.
 *
 * Range 0 to 1. Source: algorithm v2.
 */
export function trending(
  { global, local, popular }: TrendColumns,
  row: number,
  { now }: TrendConstants,
): number {
  const trend = blendTrends(
    clampToUnit(global[row] as number),
    local === null ? null : clampToUnit(local[row] as number),
  );
  return now * trend + (1 - now) * clampToUnit(popular[row] as number);
}
