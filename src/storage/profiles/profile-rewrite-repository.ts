import { createHash } from 'node:crypto';
import { requireFull, type FullProfile, type ProfileState, UnreadableProfile } from '../../domain/profile.js';
import { inSlices, type Work } from '../../lib/event-loop.js';
import type { MarketIndex } from '../markets/market-index.js';
import { hex, type Connection } from '../sql.js';
import { formatOf } from './column-codec.js';
import type { PackedProfile, ReadProfile } from './packed-profile.js';
import type { ProfileRepository } from './profile-repository.js';
import { FORMAT_V1 } from './profile-v1.js';
import { encodeLifetime, encodeProfile, encodeShown, type ProfileColumns } from './profile-columns.js';
import { encodeState } from './state-column.js';

/** A profile as it was read, and its columns with its recent events folded in. */
interface CompactedProfile {
  readonly before: PackedProfile;
  readonly after: ProfileColumns;
}

/** A profile encoded to replace the stored one, as its next version. */
export interface RewrittenProfile {
  readonly userKey: string;
  readonly version: number;
  readonly state: Uint8Array;
  readonly shown: Uint8Array;
  /** Null: unchanged. */
  readonly lifetime: Uint8Array | null;
}

/** Background rewrites of stored profiles. SQL throughout: batches that skip locked rows or change parts of a column. */
export class ProfileRewriteRepository {
  constructor(
    private readonly deps: {
      readonly connection: Connection;
      readonly profiles: Pick<ProfileRepository, 'read' | 'findNumbers'>;
      readonly markets: Pick<MarketIndex, 'numberOf'>;
    },
  ) {}

  /**
   * Folds the recent events of these users into the other columns, which changes neither the profile nor its version. A
   * profile that another transaction locks stays unchanged.
   *
   * @returns the compacted profiles.
   * @throws {UnreadableProfile} if one of them cannot be decoded; then none is compacted.
   */
  async compact(userKeys: readonly string[]): Promise<PackedProfile[]> {
    const { profiles } = this.deps;
    const read = await profiles.read(userKeys, { lifetime: true });
    const uncompacted = read.flatMap((each) => {
      if (each instanceof UnreadableProfile) throw each;
      return each.packed.recent.length > 0 ? [each] : [];
    });
    if (uncompacted.length === 0) return [];
    await profiles.findNumbers(uncompacted.map(({ profile }) => profile));
    const compacted = uncompacted.map(({ packed: before, profile }): CompactedProfile => {
      return { before, after: this.#encode(requireFull(profile)) };
    });
    return this.#storeCompacted(compacted);
  }

  /**
   * Stores compacted columns, in one statement. Events that were appended meanwhile stay in `recent`, so a profile with
   * constant commits of other replicas is compacted as well. A profile stays unchanged if its columns were replaced since
   * it was read.
   */
  async #storeCompacted(compacted: readonly CompactedProfile[]): Promise<PackedProfile[]> {
    const rows = compacted.map(({ before, after }) => ({
      userKey: before.userKey,
      version: before.version,
      stateVersion: before.stateVersion,
      folded: before.recent.length,
      // Detects a profile that was deleted and re-created with the same versions.
      foldedHash: createHash('md5').update(before.recent).digest('hex'),
      state: hex(after.state),
      shown: hex(after.shown),
      lifetime: hex(after.lifetime),
    }));
    const stored = await this.deps.connection.$queryRaw<CompactedRow[]>`
      with n as (
        select * from json_to_recordset(${JSON.stringify(rows)}::json) as r("userKey" text, "version" int,
          "stateVersion" int, "folded" int, "foldedHash" text, "state" text, "shown" text, "lifetime" text)
      ), locked as materialized (
        select user_key, state_version, recent from profiles where user_key in (select "userKey" from n)
        order by user_key collate "C" for update skip locked
      )
      update profiles p set state_version = n."version", state = decode(n."state", 'hex'),
        shown = decode(n."shown", 'hex'), lifetime = decode(n."lifetime", 'hex'),
        recent = substr(l.recent, 1, octet_length(l.recent) - n."folded")
      from locked l join n on n."userKey" = l.user_key
      where p.user_key = l.user_key and l.state_version = n."stateVersion" and octet_length(l.recent) >= n."folded"
        and md5(substr(l.recent, octet_length(l.recent) - n."folded" + 1)) = n."foldedHash"
      returning p.user_key, p.version, p.recent`;
    const byUser = new Map(compacted.map((profile) => [profile.before.userKey, profile]));
    return stored.flatMap(({ user_key: userKey, version, recent }) => {
      const profile = byUser.get(userKey);
      if (profile === undefined) return [];
      return [{ userKey, version, stateVersion: profile.before.version, ...profile.after, recent }];
    });
  }

  /**
   * Drops recent events that cannot be folded. The next read rebuilds the profile from the interactions.
   *
   * @param minBytes minimum size of the recent events of a profile; smaller ones are kept.
   * @returns the user keys of these profiles.
   */
  async dropRecent(userKeys: readonly string[], minBytes: number): Promise<string[]> {
    const rows = await this.deps.connection.$queryRaw<{ user_key: string }[]>`
      update profiles set state = null, shown = '', lifetime = '', recent = ''
      where user_key = any(${[...userKeys]}) and octet_length(recent) >= ${minBytes} returning user_key`;
    return rows.map(({ user_key }) => user_key);
  }

  /**
   * Encodes profiles to replace those that were read. Reads the lifetime sums only if recent events change them. Leaves out
   * profiles that changed since they were read, or whose lifetime sums cannot be decoded.
   *
   * @param profiles each as it was read, and its new state without the lifetime sums.
   */
  async rewrite(
    profiles: readonly { readonly packed: PackedProfile; readonly after: ProfileState }[],
  ): Promise<RewrittenProfile[]> {
    const withRecent = profiles.filter(
      ({ packed }) => packed.recent.length > 0 || formatOf(packed.state) === FORMAT_V1,
    );
    const keys = withRecent.map(({ packed }) => packed.userKey);
    const full = await this.deps.profiles.read(keys, { lifetime: true });
    await this.deps.profiles.findNumbers(profiles.map(({ after }) => after));
    const fullByUser = new Map(keys.map((userKey, index) => [userKey, full[index]]));
    return inSlices(this.#rewriteWork(profiles, fullByUser));
  }

  *#rewriteWork(
    profiles: readonly { readonly packed: PackedProfile; readonly after: ProfileState }[],
    fullByUser: ReadonlyMap<string, ReadProfile | UnreadableProfile | undefined>,
  ): Work<RewrittenProfile[]> {
    const rewritten: RewrittenProfile[] = [];
    for (const { packed, after } of profiles) {
      const lifetime = lifetimeOf(packed, fullByUser);
      if (lifetime === undefined) continue;
      const { userKey, version } = packed;
      rewritten.push({ userKey, version: version + 1, ...this.#encodeHot(after), lifetime });
      yield;
    }
    return rewritten;
  }

  /**
   * Replaces profiles by their next versions, in one statement. A profile stays unchanged if its version changed, if it was
   * deleted or has no state, or if another transaction locks it.
   *
   * @returns the user keys of the replaced profiles.
   */
  async replace(profiles: readonly RewrittenProfile[]): Promise<string[]> {
    const rows = profiles.map(({ userKey, version, state, shown, lifetime }) => ({
      ...{ userKey, version, state: hex(state), shown: hex(shown) },
      lifetime: lifetime === null ? null : hex(lifetime),
    }));
    const replaced = await this.deps.connection.$queryRaw<{ user_key: string }[]>`
      with n as (
        select "userKey" as user_key, version, decode(state, 'hex') as state, decode(shown, 'hex') as shown,
          decode(lifetime, 'hex') as lifetime
        from json_to_recordset(${JSON.stringify(rows)}::json)
          as r("userKey" text, version int, state text, shown text, lifetime text)
      ), locked as materialized (
        select user_key, version from profiles where user_key in (select user_key from n) and state is not null
        order by user_key collate "C" for update skip locked
      )
      update profiles p set version = n.version, state_version = n.version, state = n.state, shown = n.shown,
        lifetime = coalesce(n.lifetime, p.lifetime), recent = ''
      from locked l join n on n.user_key = l.user_key
      where p.user_key = l.user_key and l.version = n.version - 1 returning p.user_key`;
    return replaced.map(({ user_key }) => user_key);
  }

  /**
   * Returns the next user keys in order.
   *
   * @param userKey the last key of the previous call; empty for the first call.
   * @param maxBytes maximum size of their profiles without lifetime sums; at least one user is returned.
   */
  async pageAfter(
    userKey: string,
    limit: number,
    maxBytes: number,
  ): Promise<{ userKeys: string[]; hasMore: boolean }> {
    const rows = await this.deps.connection.$queryRaw<{ user_key: string; bytes: number }[]>`
      select user_key, coalesce(octet_length(state), 0) + octet_length(shown) + octet_length(recent) as bytes
      from profiles where user_key > ${userKey} order by user_key limit ${limit}`;
    let bytes = 0;
    const end = rows.findIndex((row, index) => (bytes += row.bytes) > maxBytes && index > 0);
    const page = end === -1 ? rows : rows.slice(0, end);
    return {
      userKeys: page.map(({ user_key }) => user_key),
      hasMore: rows.length === limit || page.length < rows.length,
    };
  }

  #encode(profile: FullProfile): ProfileColumns {
    return encodeProfile(profile, (marketId) => this.deps.markets.numberOf(marketId));
  }

  #encodeHot(profile: ProfileState): Pick<ProfileColumns, 'state' | 'shown'> {
    const numberOf = (marketId: string): number | undefined => this.deps.markets.numberOf(marketId);
    return { state: encodeState(profile, numberOf), shown: encodeShown(profile, numberOf) };
  }
}

/** @returns null to leave the column unchanged; undefined if the profile must not be rewritten. */
function lifetimeOf(
  { userKey, version }: PackedProfile,
  fullByUser: ReadonlyMap<string, ReadProfile | UnreadableProfile | undefined>,
): Uint8Array | null | undefined {
  if (!fullByUser.has(userKey)) return null;
  const read = fullByUser.get(userKey);
  if (read === undefined || read instanceof UnreadableProfile || read.packed.version !== version)
    return undefined;
  return encodeLifetime(requireFull(read.profile).lifetime);
}

interface CompactedRow {
  user_key: string;
  version: number;
  recent: Uint8Array;
}
