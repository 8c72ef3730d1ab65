import type { ProfileState } from '../profiles/profile-service.js';
import type { RankingInputs } from './ranking-inputs.js';

/** Why a market is not in a feed. */
export const REMOVALS = ['over', 'hidden', 'blocked-country', 'shown-too-often'] as const;

export type Removal = (typeof REMOVALS)[number];

/**
 * Says of each row of the catalogue why it must not be shown, or null.
 *
 * @param capped by row, 1 where the person was shown it too often.
 */
export function rowFilters(
  { snapshot, profile, country, nowMs }: Pick<RankingInputs, 'snapshot' | 'profile' | 'country' | 'nowMs'>,
  capped: Uint8Array,
): (row: number) => Removal | null {
  const { columns, entries } = snapshot;
  const { resolvesAtMs } = columns;
  const hidden = hiddenRows(profile, (id) => columns.rowOf(id));
  return (row) => {
    if ((resolvesAtMs[row] as number) <= nowMs) return 'over';
    if (hidden?.has(row) === true) return 'hidden';
    if (country !== null && isBlocked(entries[row]?.market.blockedCountries, country))
      return 'blocked-country';
    return capped[row] === 1 ? 'shown-too-often' : null;
  };
}

function isBlocked(countries: readonly string[] | undefined, country: string): boolean {
  return countries !== undefined && countries.length > 0 && countries.includes(country);
}

function hiddenRows(
  profile: ProfileState | null,
  rowOf: (marketId: string) => number | undefined,
): ReadonlySet<number> | null {
  if (profile === null || profile.hidden.size === 0) return null;
  const rows = new Set<number>();
  for (const marketId of profile.hidden.keys()) {
    const row = rowOf(marketId);
    if (row !== undefined) rows.add(row);
  }
  return rows;
}
