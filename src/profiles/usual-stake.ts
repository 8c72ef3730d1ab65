import type { StakeState } from '../domain/profile.js';

/** What a person usually stakes. */
export interface UsualStake {
  /** Median of the last 20 stakes. */
  readonly overall: number;
  /** The same within each category, by name. */
  readonly byCategory: readonly { readonly category: string; readonly stake: number }[];
}

const STAKES_COUNTED = 20;

/** Null for a person who never staked anything. `stakes` are newest first. */
export function usualStake(stakes: readonly StakeState[]): UsualStake | null {
  if (stakes.length === 0) return null;
  const byCategory = Map.groupBy(stakes, ({ category }) => category);
  return {
    overall: medianOfLatest(stakes),
    byCategory: [...byCategory]
      .map(([category, ofCategory]) => ({ category, stake: medianOfLatest(ofCategory) }))
      .sort((a, b) => (a.category < b.category ? -1 : 1)),
  };
}

/** Of an even number, the mean of the two in the middle. */
function medianOfLatest(stakes: readonly StakeState[]): number {
  const sorted = stakes
    .slice(0, STAKES_COUNTED)
    .map(({ stake }) => stake)
    .sort((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const high = sorted[Math.floor(sorted.length / 2)] ?? 0;
  // Stakes that were stored before they had a bound may have a sum that is not finite.
  return low + (high - low) / 2;
}
