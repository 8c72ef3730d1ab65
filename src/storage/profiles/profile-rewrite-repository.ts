import type { PrismaClient } from '../../generated/prisma/client.js';
import { inSlices, type Work } from '../../lib/in-slices.js';
import { formatOf } from './column-codec.js';
import { compactProfiles, hex, type CompactedProfile } from './compact-profiles.js';
import type { MarketIndex } from '../markets/market-index.js';
import type { PackedProfile } from './packed-profile.js';
import type { ProfileRepository } from './profile-repository.js';
import { requireFull, type FullProfile, type ProfileState } from '../../domain/profile.js';
import { FORMAT_V1 } from './stored-profile-v1.js';
import { encodeLifetime, encodeProfile, encodeShown, type ProfileColumns } from './stored-profile.js';
import { encodeState } from './stored-state.js';
import { UnreadableProfile, type ReadProfile } from './unpack-profiles.js';

/** A profile encoded to replace the one that is stored, as its next version. */
export interface RewrittenProfile {
  readonly userKey: string;
  readonly version: number;
  readonly state: Uint8Array;
  readonly shown: Uint8Array;
  /** Null: as stored. */
  readonly lifetime: Uint8Array | null;
}

/**
 * Rewrites of stored profiles in the background. SQL, because Prisma cannot skip locked rows, or change parts of a column.
 */
export class ProfileRewriteRepository {
  constructor(
    private readonly deps: {
      readonly connection: Pick<PrismaClient, '$queryRaw'>;
      readonly profiles: Pick<ProfileRepository, 'read' | 'findNumbers'>;
      readonly markets: Pick<MarketIndex, 'numberOf'>;
    },
  ) {}

  /**
   * Folds the recent events of these users into the other columns, which changes no profile and no version. A profile
   * that another transaction holds is left as it is.
   *
   * @returns those that were compacted.
   * @throws {UnreadableProfile} when one of them cannot be decoded; then none is compacted.
   */
  async compact(userKeys: readonly string[]): Promise<PackedProfile[]> {
    const { connection, profiles } = this.deps;
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
    return compactProfiles(connection, compacted);
  }

  /**
   * Drops recent events that cannot be folded: the profile is made from the interactions when it is next read.
   *
   * @param minBytes only from profiles whose recent events take at least so much.
   * @returns the user keys of these profiles.
   */
  async dropRecent(userKeys: readonly string[], minBytes: number): Promise<string[]> {
    const rows = await this.deps.connection.$queryRaw<{ user_key: string }[]>`
      update profiles set state = null, shown = '', lifetime = '', recent = ''
      where user_key = any(${[...userKeys]}) and octet_length(recent) >= ${minBytes} returning user_key`;
    return rows.map(({ user_key }) => user_key);
  }

  /**
   * Encodes profiles to replace those that were read. The lifetime sums are read only where recent events change them.
   * Profiles that changed since they were read, or whose lifetime sums cannot be decoded, are left out.
   *
   * @param profiles as they were read, and the hot part as it becomes.
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
   * Replaces profiles by their next versions, in one statement. A profile that has another version by now, is deleted, is
   * held by another transaction, or has no state stays as it is.
   *
   * @returns the user keys of the profiles that were replaced.
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
      ), held as materialized (
        select user_key, version from profiles where user_key in (select user_key from n) and state is not null
        order by user_key collate "C" for update skip locked
      )
      update profiles p set version = n.version, state_version = n.version, state = n.state, shown = n.shown,
        lifetime = coalesce(n.lifetime, p.lifetime), recent = ''
      from held h join n on n.user_key = h.user_key
      where p.user_key = h.user_key and h.version = n.version - 1 returning p.user_key`;
    return replaced.map(({ user_key }) => user_key);
  }

  /**
   * The keys of the users after one of them, in order; an empty key to begin.
   *
   * @param maxBytes of their profiles without lifetime sums; at least one user is returned.
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

/** @returns null to leave the column as it is; undefined when the profile must not be rewritten. */
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
