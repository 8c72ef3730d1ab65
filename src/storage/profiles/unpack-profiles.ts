import { setImmediate as nextTurn } from 'node:timers/promises';
import type { IndexedMarket, MarketIndex } from '../markets/market-index.js';
import { unpackProfile, type PackedProfile, type ProfileFold } from './packed-profile.js';
import type { ProfileState } from '../../domain/profile.js';

/** A profile, and its stored form. */
export interface ReadProfile {
  readonly packed: PackedProfile;
  /** Full if it was read with the lifetime sums. */
  readonly profile: ProfileState;
}

/** The stored bytes of one profile cannot be decoded; `bellwether profile rebuild` replaces them. */
export class UnreadableProfile extends Error {
  override readonly name = 'UnreadableProfile';

  /** @param cause an `UnknownFormat` for a profile that a later version of the gateway stored. */
  constructor(cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      `A stored profile cannot be decoded: ${reason} If no later version of the gateway stored it, run "bellwether profile rebuild" for its user.`,
      { cause },
    );
  }
}

/** Profiles of average size that are decoded in one turn of the event loop: 5 ms at most. */
const PROFILES_A_TURN = 16;

/**
 * Decodes profiles and folds their recent events, some in each turn of the event loop.
 *
 * @param deps.findMarkets finds the markets of numbers that are not in memory; null for a number without a market.
 * @returns a profile or an error for each, in order: one that cannot be decoded does not affect the others.
 */
export async function unpackProfiles(
  packed: readonly PackedProfile[],
  deps: {
    readonly markets: Pick<MarketIndex, 'find'>;
    readonly fold: ProfileFold;
    readonly findMarkets: (numbers: ReadonlySet<number>) => Promise<Map<number, IndexedMarket | null>>;
  },
): Promise<(ReadProfile | UnreadableProfile)[]> {
  // Markets found for these profiles, which the cache may evict before they are decoded.
  const found = new Map<number, IndexedMarket | null>();
  const markets: Pick<MarketIndex, 'find'> = {
    find: (number) => (found.has(number) ? found.get(number) : deps.markets.find(number)),
  };
  const unpacked = new Map<number, ReadProfile | UnreadableProfile>();
  // Each round finds the markets that the one before missed, so a profile takes two rounds, or more after evictions.
  for (;;) {
    const missing = new Set<number>();
    let decoded = 0;
    for (const [index, profile] of packed.entries()) {
      if (unpacked.has(index)) continue;
      if (decoded > 0 && decoded % PROFILES_A_TURN === 0) await nextTurn();
      decoded += 1;
      const result = unpackOne(profile, markets, deps.fold);
      if (Array.isArray(result)) for (const number of result) missing.add(number);
      else unpacked.set(index, result);
    }
    if (missing.size === 0) break;
    for (const [number, market] of await deps.findMarkets(missing)) found.set(number, market);
  }
  return packed.flatMap((_, index) => unpacked.get(index) ?? []);
}

/** @returns the numbers of the markets that are not in memory, if there are any. */
function unpackOne(
  packed: PackedProfile,
  markets: Pick<MarketIndex, 'find'>,
  fold: ProfileFold,
): ReadProfile | UnreadableProfile | number[] {
  try {
    const { profile, missing } = unpackProfile(packed, markets, fold);
    return missing.length > 0 ? [...missing] : { packed, profile };
  } catch (error) {
    return new UnreadableProfile(error);
  }
}
