import { createHash } from 'node:crypto';
import type { PrismaClient } from '../../generated/prisma/client.js';
import type { PackedProfile } from './packed-profile.js';
import type { ProfileColumns } from './stored-profile.js';

/** A profile as it was read, and its columns with its recent events folded in. */
export interface CompactedProfile {
  readonly before: PackedProfile;
  readonly after: ProfileColumns;
}

interface CompactedRow {
  user_key: string;
  version: number;
  recent: Uint8Array;
}

/**
 * Stores compacted columns, in one statement. Events that were appended meanwhile stay in `recent`, so a profile that
 * other replicas change all the time is compacted as well. A profile is left as it is when its columns were replaced
 * since it was read, or when another transaction holds it.
 *
 * @returns the profiles that were compacted.
 */
export async function compactProfiles(
  connection: Pick<PrismaClient, '$queryRaw'>,
  compacted: readonly CompactedProfile[],
): Promise<PackedProfile[]> {
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
  const stored = await connection.$queryRaw<CompactedRow[]>`
    with n as (
      select * from json_to_recordset(${JSON.stringify(rows)}::json) as r("userKey" text, "version" int,
        "stateVersion" int, "folded" int, "foldedHash" text, "state" text, "shown" text, "lifetime" text)
    ), held as materialized (
      select user_key, state_version, recent from profiles where user_key in (select "userKey" from n)
      order by user_key collate "C" for update skip locked
    )
    update profiles p set state_version = n."version", state = decode(n."state", 'hex'),
      shown = decode(n."shown", 'hex'), lifetime = decode(n."lifetime", 'hex'),
      recent = substr(h.recent, 1, octet_length(h.recent) - n."folded")
    from held h join n on n."userKey" = h.user_key
    where p.user_key = h.user_key and h.state_version = n."stateVersion" and octet_length(h.recent) >= n."folded"
      and md5(substr(h.recent, octet_length(h.recent) - n."folded" + 1)) = n."foldedHash"
    returning p.user_key, p.version, p.recent`;
  const columns = new Map(compacted.map((profile) => [profile.before.userKey, profile]));
  return stored.flatMap(({ user_key: userKey, version, recent }) => {
    const profile = columns.get(userKey);
    if (profile === undefined) return [];
    return [{ userKey, version, stateVersion: profile.before.version, ...profile.after, recent }];
  });
}

/** Bytes as hexadecimal text, for JSON. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
