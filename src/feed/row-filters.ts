import { isOver, overdueMsOf } from './filters/not-over.js';
import type { RankingInputs } from './ranking-inputs.js';

/** Why a market is not in a feed; the first of several. */
export const REMOVALS = ['over', 'hidden', 'blocked-country', 'shown-too-often'] as const;

export type Removal = (typeof REMOVALS)[number];

/** As they stand in a column: each one's place among {@link REMOVALS} from 1 on; 0: the market may be shown. */
const SHOWN = 0;
const OVER = 1;
const HIDDEN = 2;
const BLOCKED_COUNTRY = 3;
const SHOWN_TOO_OFTEN = 4;

/**
 * Says of each row of the catalog why it must not be shown.
 *
 * @param capped by row, 1 where the person was shown it too often.
 * @param removals by row, is overwritten: 0 where the market may be shown, else what {@link removalOf} names.
 */
export function fillRemovals(
  {
    snapshot,
    profile,
    country,
    nowMs,
    config,
  }: Pick<RankingInputs, 'snapshot' | 'profile' | 'country' | 'nowMs' | 'config'>,
  capped: Uint8Array,
  removals: Uint8Array,
): void {
  const { columns, entries } = snapshot;
  const { size, resolvesAtMs, restrictedRows } = columns;
  // From the last reason to the first, so that the first of several is the one that stays.
  for (let row = 0; row < size; row += 1) removals[row] = capped[row] === 1 ? SHOWN_TOO_OFTEN : SHOWN;
  if (country !== null) {
    for (const row of restrictedRows) {
      if (entries[row]?.market.blockedCountries.includes(country) === true) removals[row] = BLOCKED_COUNTRY;
    }
  }
  if (profile !== null) {
    for (const marketId of profile.hidden.keys()) {
      const row = columns.rowOf(marketId);
      if (row !== undefined) removals[row] = HIDDEN;
    }
  }
  const overdueMs = overdueMsOf(config.feed);
  for (let row = 0; row < size; row += 1) {
    if ((resolvesAtMs[row] as number) > nowMs) continue;
    const entry = entries[row];
    if (entry === undefined || isOver(entry, nowMs, overdueMs)) removals[row] = OVER;
  }
}

/** What a number of the column means. */
export function removalOf(removal: number): Removal | null {
  return REMOVALS[removal - 1] ?? null;
}
