import type { PrismaClient } from '../generated/prisma/client.js';
import type { HistoricEvent, InteractionRepository } from './interaction-repository.js';
import { emptyProfile, type ProfileState } from './profile-state.js';
import { decodeStoredProfile, encodeStoredProfile } from './stored-profile.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/** What a person's state becomes by an event. */
export type ProfileFold = (state: ProfileState, event: HistoricEvent) => ProfileState;

interface ProfileRow {
  user_key: string;
  version: number;
  /** Null: to be made from the interactions, if there are any. */
  state: Uint8Array | null;
}

/** Events of one person that are read at once. */
const EVENTS_AT_ONCE = 5_000;

export class ProfileRepository {
  constructor(
    private readonly parts: {
      readonly connection: Connection;
      readonly interactions: Pick<InteractionRepository, 'historyOf'>;
      readonly fold: ProfileFold;
    },
  ) {}

  /**
   * The states of these people in the order asked, with one statement; a person never seen has an empty one. A
   * state that is not there although the person was seen is made from the interactions, and kept.
   */
  async load(userKeys: readonly string[]): Promise<ProfileState[]> {
    const rows = await this.parts.connection.$queryRaw<ProfileRow[]>`
      select user_key, version, state from profiles where user_key = any(${[...userKeys]})`;
    const states = new Map<string, ProfileState>();
    // One after the other: it is rare, and must not take all connections.
    for (const row of rows) states.set(row.user_key, await this.#stateOf(row));
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
      await this.parts.connection.$executeRaw`
        insert into profiles (user_key) select unnest(${missing}::text[]) on conflict (user_key) do nothing`;
      for (const [key, version] of await this.#lockStored(missing)) versions.set(key, version);
    }
    return userKeys.map((key) => versions.get(key) ?? 0);
  }

  /**
   * Makes a person's state anew from the interactions, and stores it with the next version. Only while the person is
   * locked.
   *
   * @param version the one stored now.
   */
  async rebuild(userKey: string, version: number): Promise<ProfileState> {
    const state = { ...(await this.#folded(userKey)), version: version + 1 };
    await this.parts.connection.$executeRaw`
      update profiles set version = ${state.version}, state = ${encodeStoredProfile(state)} where user_key = ${userKey}`;
    return state;
  }

  /**
   * Stores states in the place of those of the version before, in one statement; a person whose profile is at another
   * version by now, or gone, is left as they are.
   *
   * @returns the keys of those who were stored.
   */
  async replace(states: readonly ProfileState[]): Promise<string[]> {
    const packed = states.map((state) => Buffer.from(encodeStoredProfile(state)).toString('hex'));
    const rows = await this.parts.connection.$queryRaw<{ user_key: string }[]>`
      with n as (
        select user_key, version, decode(state, 'hex') as state
        from unnest(${states.map(({ userKey }) => userKey)}::text[], ${states.map(({ version }) => version)}::int[],
          ${packed}::text[]) as r(user_key, version, state)
      ), held as materialized (
        select user_key, version from profiles where user_key in (select user_key from n)
        order by user_key collate "C" for update
      )
      update profiles p set version = n.version, state = n.state from held h join n on n.user_key = h.user_key
      where p.user_key = h.user_key and h.version = n.version - 1 returning p.user_key`;
    return rows.map(({ user_key }) => user_key);
  }

  /** The keys of people, in order, after one of them; an empty key to begin. */
  async keysAfter(userKey: string, limit: number): Promise<string[]> {
    const rows = await this.parts.connection.$queryRaw<{ user_key: string }[]>`
      select user_key from profiles where user_key > ${userKey} order by user_key limit ${limit}`;
    return rows.map(({ user_key }) => user_key);
  }

  /** The keys of people who were seen and whose state is yet to be made, in order, after one; an empty key to begin. */
  async withoutState(userKey: string, limit: number): Promise<string[]> {
    const rows = await this.parts.connection.$queryRaw<{ user_key: string }[]>`
      select user_key from profiles where state is null and version > 0 and user_key > ${userKey}
      order by user_key limit ${limit}`;
    return rows.map(({ user_key }) => user_key);
  }

  async #stateOf(row: ProfileRow): Promise<ProfileState> {
    const { user_key: userKey, version, state } = row;
    if (state !== null) return decodeStoredProfile(userKey, version, state);
    if (version === 0) return emptyProfile(userKey);
    const folded = { ...(await this.#folded(userKey)), version };
    // Every commit makes a new version, so as long as it is this one, these were all the interactions.
    const kept = await this.parts.connection.$executeRaw`
      update profiles set state = ${encodeStoredProfile(folded)}
      where user_key = ${userKey} and version = ${version} and state is null`;
    if (kept === 1) return folded;
    const [loaded] = await this.load([userKey]);
    return loaded ?? emptyProfile(userKey);
  }

  async #folded(userKey: string): Promise<ProfileState> {
    let state = emptyProfile(userKey);
    let seq = 0n;
    for (;;) {
      const events = await this.parts.interactions.historyOf(userKey, seq, EVENTS_AT_ONCE);
      for (const event of events) state = this.parts.fold(state, event);
      if (events.length < EVENTS_AT_ONCE) return state;
      seq = events.at(-1)?.seq ?? seq;
    }
  }

  async #lockStored(sortedKeys: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.parts.connection.$queryRaw<{ user_key: string; version: number }[]>`
      select user_key, version from profiles where user_key = any(${[...sortedKeys]})
      order by user_key collate "C" for update`;
    return new Map(rows.map(({ user_key, version }) => [user_key, version]));
  }
}
