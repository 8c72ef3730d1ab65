import { setImmediate as nextTurn } from 'node:timers/promises';
import { applyEvents } from '../../domain/apply-events.js';
import type { DecayConfig } from '../../domain/decay.js';
import { UnreadableProfile, type ProfileState } from '../../domain/profile.js';
import type { IndexedMarket, MarketIndex } from '../markets/market-index.js';
import { formatOf, NO_BYTES } from './column-codec.js';
import { decodeRecentEvents } from './recent-events.js';
import { decodeProfileV1, FORMAT_V1 } from './profile-v1.js';
import { decodeLifetime, decodeShown, type ProfileColumns } from './profile-columns.js';
import { decodeState } from './state-column.js';

/** A profile as it is stored and cached. */
export interface PackedProfile extends Omit<ProfileColumns, 'lifetime'> {
  readonly userKey: string;
  readonly version: number;
  /** The version that the columns other than `recent` represent. */
  readonly stateVersion: number;
  /** Null if it was not read. */
  readonly lifetime: Uint8Array | null;
  /** Events that are not folded into the other columns yet, in batches, latest batch first. */
  readonly recent: Uint8Array;
}

/** A decoded profile, and its stored form. */
export interface ReadProfile {
  readonly packed: PackedProfile;
  /** Full if it was read with the lifetime sums. */
  readonly profile: ProfileState;
}

/** Returns the stored form of the profile of an unknown user. */
export function emptyPacked(userKey: string): PackedProfile {
  return {
    ...{ userKey, version: 0, stateVersion: 0 },
    ...{ state: NO_BYTES, shown: NO_BYTES, lifetime: NO_BYTES, recent: NO_BYTES },
  };
}

/**
 * Decodes a profile and applies its recent events.
 *
 * @returns the profile, and the numbers of its markets that are not in memory. If there are any, it is incomplete.
 */
export function unpackProfile(
  packed: PackedProfile,
  markets: Pick<MarketIndex, 'find'>,
  decay: DecayConfig,
): { readonly profile: ProfileState; readonly missing: readonly number[] } {
  const missing: number[] = [];
  const marketOf = (number: number): IndexedMarket | undefined => {
    const market = markets.find(number);
    if (market === undefined) missing.push(number);
    return market ?? undefined;
  };
  const idOf = (number: number): string | undefined => marketOf(number)?.id;
  const { userKey, version, state, shown, lifetime } = packed;
  let base: ProfileState;
  if (formatOf(state) === FORMAT_V1) {
    base = decodeProfileV1(userKey, version, state);
  } else {
    base = {
      ...{ userKey, version, ...decodeState(state, idOf), ...decodeShown(shown, idOf) },
      lifetime: lifetime === null ? null : decodeLifetime(lifetime),
    };
  }
  const recent = decodeRecentEvents(packed.recent, marketOf);
  return { profile: applyEvents(base, recent, decay), missing };
}

/** Profiles of average size that are decoded in one turn of the event loop: 5 ms at most. */
const PROFILES_PER_TURN = 16;

/**
 * Decodes profiles and applies their recent events, spread over turns of the event loop.
 *
 * @param deps.findMarkets finds markets that are not in memory by their numbers; null for a number without a market.
 * @returns a profile or an error for each, in order: a profile that cannot be decoded does not affect the others.
 */
export async function unpackProfiles(
  packed: readonly PackedProfile[],
  deps: {
    readonly markets: Pick<MarketIndex, 'find'>;
    readonly decay: DecayConfig;
    readonly findMarkets: (numbers: ReadonlySet<number>) => Promise<Map<number, IndexedMarket | null>>;
  },
): Promise<(ReadProfile | UnreadableProfile)[]> {
  // Markets found for these profiles, which the cache may evict before they are decoded.
  const found = new Map<number, IndexedMarket | null>();
  const markets: Pick<MarketIndex, 'find'> = {
    find: (number) => (found.has(number) ? found.get(number) : deps.markets.find(number)),
  };
  const unpacked = new Map<number, ReadProfile | UnreadableProfile>();
  // Each round finds the markets that the previous one missed: two rounds per profile, or more after evictions.
  for (;;) {
    const missing = new Set<number>();
    let decoded = 0;
    for (const [index, profile] of packed.entries()) {
      if (unpacked.has(index)) continue;
      if (decoded > 0 && decoded % PROFILES_PER_TURN === 0) await nextTurn();
      decoded += 1;
      const result = tryUnpack(profile, markets, deps.decay);
      if (Array.isArray(result)) for (const number of result) missing.add(number);
      else unpacked.set(index, result);
    }
    if (missing.size === 0) break;
    for (const [number, market] of await deps.findMarkets(missing)) found.set(number, market);
  }
  return packed.flatMap((_, index) => unpacked.get(index) ?? []);
}

/** @returns the numbers of the markets that are not in memory, if there are any. */
function tryUnpack(
  packed: PackedProfile,
  markets: Pick<MarketIndex, 'find'>,
  decay: DecayConfig,
): ReadProfile | UnreadableProfile | number[] {
  try {
    const { profile, missing } = unpackProfile(packed, markets, decay);
    return missing.length > 0 ? [...missing] : { packed, profile };
  } catch (error) {
    return new UnreadableProfile(error);
  }
}
