import type { PrismaClient } from '../generated/prisma/client.js';
import { readProfiles, toProfileState, type ProfileRow } from './profile-rows.js';
import { emptyProfile, type ProfileState } from './profile-state.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

export class ProfileRepository {
  constructor(private readonly connection: Connection) {}

  /** The states of these people in the order asked, with one statement; a person never seen has an empty one. */
  async load(userKeys: readonly string[]): Promise<ProfileState[]> {
    const rows = await this.connection.$queryRaw<ProfileRow[]>(readProfiles(userKeys));
    const states = new Map(rows.map((row) => [row.user_key, toProfileState(row)]));
    return userKeys.map((userKey) => states.get(userKey) ?? emptyProfile(userKey));
  }

  /**
   * Keeps these people from being changed by any other transaction until this one ends; people never
   * seen get their row. Rows are taken in one order everywhere, so two callers cannot block each other.
   *
   * @returns the stored version of each, in the order asked.
   */
  async lock(userKeys: readonly string[]): Promise<number[]> {
    const keys = [...new Set(userKeys)].sort();
    const versions = await this.#lockStored(keys);
    const missing = keys.filter((key) => !versions.has(key));
    if (missing.length > 0) {
      await this.connection.$executeRaw`
        insert into profiles (user_key) select unnest(${missing}::text[]) on conflict (user_key) do nothing`;
      for (const [key, version] of await this.#lockStored(missing)) versions.set(key, version);
    }
    return userKeys.map((key) => versions.get(key) ?? 0);
  }

  /** Takes away everything that was learned of a person; the person stays known. */
  async forget(userKey: string): Promise<void> {
    await this.connection.$executeRaw`
      with t as (delete from topic_scores where user_key = ${userKey}),
        e as (delete from engagements where user_key = ${userKey}),
        h as (delete from hidden_markets where user_key = ${userKey})
      delete from impressions where user_key = ${userKey}`;
  }

  /** The keys of people, in order, after one of them; an empty key to begin. */
  async keysAfter(userKey: string, limit: number): Promise<string[]> {
    const rows = await this.connection.$queryRaw<{ user_key: string }[]>`
      select user_key from profiles where user_key > ${userKey} order by user_key limit ${limit}`;
    return rows.map(({ user_key }) => user_key);
  }

  async #lockStored(sortedKeys: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.connection.$queryRaw<{ user_key: string; version: number }[]>`
      select user_key, version from profiles where user_key = any(${[...sortedKeys]})
      order by user_key collate "C" for update`;
    return new Map(rows.map(({ user_key, version }) => [user_key, version]));
  }
}
