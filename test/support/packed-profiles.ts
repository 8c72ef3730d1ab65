import { MarketIndex } from '../../src/storage/markets/market-index.js';
import {
  unpackProfile,
  type PackedProfile,
  type ReadProfile,
} from '../../src/storage/profiles/packed-profile.js';
import { type FullProfile, type ProfileState, UnreadableProfile } from '../../src/domain/profile.js';
import { encodeRecentEvents, type RecentEvent } from '../../src/storage/profiles/recent-events.js';
import type { AppendedProfile } from '../../src/storage/events/recording.js';
import { encodeProfile } from '../../src/storage/profiles/profile-columns.js';
import { decay, NOON_MS, profileAfter, profileEvent } from './profile-events.js';
import { storedMarket } from './stored-market.js';

const markets = new MarketIndex();
const m1 = storedMarket('m1', { category: 'Politics', tags: ['Elections'] });
markets.add(m1);

const NO_BYTES = new Uint8Array(0);

const click: RecentEvent = {
  ...{
    eventType: 'CLICK',
    occurredAtMs: NOON_MS - 5_000,
    weight: 2,
    dwellMs: null,
    country: null,
    stake: null,
  },
  ...{ marketNumber: m1.number, probability: 0.5, volume24h: 0 },
};

/** The profile of a user who clicked on one market, as often as `version` says. */
export function clicker(userKey: string, version = 1): FullProfile {
  const clicks = Array.from({ length: version }, () => profileEvent('CLICK', NOON_MS - 5_000));
  return { ...profileAfter(...clicks), userKey, version };
}

/** The same without its lifetime sums, as a feed by algorithm v2 reads it. */
export function hot(profile: FullProfile): ProfileState {
  return { ...profile, lifetime: null };
}

/** The same as it is stored after a compaction. */
export function compacted(profile: FullProfile, lifetime = true): PackedProfile {
  const { userKey, version } = profile;
  const columns = encodeProfile(profile, (id) => markets.numberOf(id));
  return {
    ...{ userKey, version, stateVersion: version, ...columns, recent: NO_BYTES },
    lifetime: lifetime ? columns.lifetime : null,
  };
}

/** The profile of {@link clicker} as it is stored without a compaction. */
export function uncompacted(userKey: string, version: number, lifetime = true): PackedProfile {
  const batches = Array.from({ length: version }, () => encodeRecentEvents([click]));
  return {
    ...{ userKey, version, stateVersion: 0, state: NO_BYTES, shown: NO_BYTES },
    ...{ lifetime: lifetime ? NO_BYTES : null, recent: Buffer.concat(batches) },
  };
}

/** A commit of one click that made this version of a profile. */
export function appendedClick(
  userKey: string,
  version: number,
  country: string | null = null,
): AppendedProfile {
  const batch = encodeRecentEvents([{ ...click, country }]);
  const countries = new Set(country === null ? [] : [country]);
  return { userKey, version, batch, countries, recentBytes: batch.length * version };
}

/** Decodes a profile whose markets are all in memory. */
export function unpacked(packed: PackedProfile): ProfileState {
  return unpackProfile(packed, markets, decay).profile;
}

/** The same as the store returns it. */
export function read(packed: PackedProfile): ReadProfile {
  return { packed, profile: unpacked(packed) };
}

/** Profiles of a read. @throws {UnreadableProfile} when one of them cannot be decoded. */
export function readable(profiles: readonly (ReadProfile | UnreadableProfile)[]): ReadProfile[] {
  return profiles.map((profile) => {
    if (profile instanceof UnreadableProfile) throw profile;
    return profile;
  });
}
