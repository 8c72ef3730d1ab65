import { formatOf, NO_BYTES } from './column-codec.js';
import type { IndexedMarket, MarketIndex } from '../markets/market-index.js';
import type { ProfileEvent, ProfileState } from '../../domain/profile.js';
import { decodeRecentEvents } from './recent-events.js';
import { decodeProfileV1, FORMAT_V1 } from './stored-profile-v1.js';
import { decodeLifetime, decodeShown, type ProfileColumns } from './stored-profile.js';
import { decodeState } from './stored-state.js';

/** Returns a profile after events, in their order. */
export type ProfileFold = <Profile extends ProfileState>(
  state: Profile,
  events: readonly ProfileEvent[],
) => Profile;

/** A profile as it is stored and cached. */
export interface PackedProfile extends Omit<ProfileColumns, 'lifetime'> {
  readonly userKey: string;
  readonly version: number;
  /** The version of which the columns other than `recent` are. */
  readonly stateVersion: number;
  /** Null when it was not read. */
  readonly lifetime: Uint8Array | null;
  /** Events that are not folded into the other columns yet, in batches, the last one first. */
  readonly recent: Uint8Array;
}

/** The stored form of the profile of a user never seen. */
export function emptyPacked(userKey: string): PackedProfile {
  return {
    ...{ userKey, version: 0, stateVersion: 0 },
    ...{ state: NO_BYTES, shown: NO_BYTES, lifetime: NO_BYTES, recent: NO_BYTES },
  };
}

/**
 * Decodes a profile and folds its recent events.
 *
 * @returns the profile, which is incomplete if it names markets that are not in memory, and their numbers.
 */
export function unpackProfile(
  packed: PackedProfile,
  markets: Pick<MarketIndex, 'find'>,
  fold: ProfileFold,
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
  return { profile: recent.length === 0 ? base : fold(base, recent), missing };
}
