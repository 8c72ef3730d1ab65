import { toPastMarket } from '../../catalog/columns/market-terms.js';
import { vectorOf } from '../../scoring/v2/vector-similarity.js';
import type { PastMarket } from '../../scoring/v2/features.js';
import type { RankingInputs } from '../ranking-inputs.js';
import type { ProfileState } from '../../domain/profile.js';

/** Returns those markets of a user's engagements that `find` knows and that are not open, by id. */
export function pastMarkets(
  profile: ProfileState | null,
  snapshot: RankingInputs['snapshot'],
  find: (marketId: string) => PastMarket | undefined,
): ReadonlyMap<string, PastMarket> {
  const past = new Map<string, PastMarket>();
  for (const marketId of profile?.engagements.keys() ?? []) {
    const market = snapshot.byId.has(marketId) ? undefined : find(marketId);
    if (market !== undefined) past.set(marketId, market);
  }
  return past;
}

/** Looks up markets that are not among the rows to score, in the ranking inputs only. */
export function pastLookup({
  snapshot,
  past,
}: Pick<RankingInputs, 'snapshot' | 'past'>): (marketId: string) => PastMarket | undefined {
  const { columns } = snapshot;
  return (marketId) => {
    const row = columns.rowOf(marketId);
    const open = row === undefined ? undefined : snapshot.entries[row];
    if (row === undefined || open === undefined) return past.get(marketId);
    return toPastMarket(open.market, vectorOf(columns.vectors, row));
  };
}
