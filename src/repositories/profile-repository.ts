import type { PrismaClient } from '../generated/prisma/client.js';
import type { HistoricEvent, InteractionRepository } from './interaction-repository.js';
import { emptyProfile, type ProfileState } from './profile-state.js';
import { decodeStoredProfile, encodeStoredProfile } from './stored-profile.js';
import { compareUserKeys } from './user-key-order.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/** What a person's state becomes by an event. */
export type ProfileFold = (state: ProfileState, event: HistoricEvent) => ProfileState;

interface ProfileRow {
  user_key: string;
  version: number;
  /** Null: to be made from the interactions, if there are any. */
  state: Uint8Array | null;
}

/** A profile folded from the events of one user up to `seq`; without a version of its own. */
export interface FoldedProfile {
  readonly state: ProfileState;
  readonly seq: bigint;
}

/** Users of whom some profiles may be held by other transactions. */
export interface LockedProfiles {
  /** Those whose row another transaction holds. */
  readonly locked: readonly string[];
  /** Those without a row. */
  readonly missing: readonly string[];
}

/** Events of one user per read; folding them occupies this process for about 0.1 s. */
const EVENTS_AT_ONCE = 1_000;

/**
 * How long a transaction waits for one profile before it fails with 55P03, as `record_events` does. And how long it may
 * pause: then the server ends it, so that a lost replica does not keep profiles locked.
 */
const LOCK_TIMEOUT = '500ms';
const PAUSE_TIMEOUT = '5s';

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
    const rows = await this.#rowsOf(userKeys);
    const states = new Map<string, ProfileState>();
    // One after the other: it is rare, and must not take all connections.
    for (const row of rows) states.set(row.user_key, await this.#stateOf(row));
    return userKeys.map((userKey) => states.get(userKey) ?? emptyProfile(userKey));
  }

  /**
   * Locks the profiles of these users until the transaction ends; users without a row get one. Rows are locked in one
   * order everywhere, so two callers cannot block each other.
   *
   * @returns the stored version of each, in the order asked.
   * @throws 55P03 when another transaction holds one of them for 500 ms.
   */
  async lock(userKeys: readonly string[]): Promise<number[]> {
    await this.parts.connection.$queryRaw`
      select set_config('lock_timeout', ${LOCK_TIMEOUT}, true),
        set_config('idle_in_transaction_session_timeout', ${PAUSE_TIMEOUT}, true)`;
    const keys = [...new Set(userKeys)].sort(compareUserKeys);
    const versions = await this.#lockStored(keys);
    const missing = keys.filter((key) => !versions.has(key));
    if (missing.length > 0) {
      await this.parts.connection.$executeRaw`
        insert into profiles (user_key) select unnest(${missing}::text[]) on conflict (user_key) do nothing`;
      for (const [key, version] of await this.#lockStored(missing)) versions.set(key, version);
    }
    return userKeys.map((key) => versions.get(key) ?? 0);
  }

  /** Which of these users' profiles other transactions hold at this moment; waits for none. */
  async findLocked(userKeys: readonly string[]): Promise<LockedProfiles> {
    const rows = await this.parts.connection.$queryRaw<{ user_key: string; locked: boolean }[]>`
      with free as materialized (
        select user_key from profiles where user_key = any(${[...userKeys]})
        order by user_key collate "C" for update skip locked
      )
      select k.user_key, p.user_key is not null as locked
      from unnest(${[...userKeys]}::text[]) as k(user_key) left join profiles p on p.user_key = k.user_key
      where not exists (select from free f where f.user_key = k.user_key)`;
    const keysOf = (locked: boolean) =>
      rows.filter((row) => row.locked === locked).map((row) => row.user_key);
    return { locked: keysOf(true), missing: keysOf(false) };
  }

  /** Stores a state in place of any other. Only while the profile is {@link lock locked}. */
  async overwrite(state: ProfileState): Promise<ProfileState> {
    await this.parts.connection.$executeRaw`
      update profiles set version = ${state.version}, state = ${encodeStoredProfile(state)}
      where user_key = ${state.userKey}`;
    return state;
  }

  /**
   * Folds the stored events of a user, with the topics of their markets as they are now.
   *
   * @param from continues from there. Default: from the first event.
   */
  async fold(
    userKey: string,
    from: FoldedProfile = { state: emptyProfile(userKey), seq: 0n },
  ): Promise<FoldedProfile> {
    let { state, seq } = from;
    for (;;) {
      const events = await this.parts.interactions.historyOf(userKey, seq, EVENTS_AT_ONCE);
      for (const event of events) state = this.parts.fold(state, event);
      seq = events.at(-1)?.seq ?? seq;
      if (events.length < EVENTS_AT_ONCE) return { state, seq };
    }
  }

  /**
   * Replaces states by their next versions, in one statement. A profile that has another version by now, is deleted, or
   * is held by another transaction stays as it is.
   *
   * @returns the user keys of the profiles that were replaced.
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
        order by user_key collate "C" for update skip locked
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
    const folded = { ...(await this.fold(userKey)).state, version };
    // Every commit stores a new version, so while the version is the same, these were all events. A profile that another
    // transaction holds is not kept: no read waits for it.
    const kept = await this.parts.connection.$executeRaw`
      with free as materialized (
        select user_key from profiles where user_key = ${userKey} and version = ${version} and state is null
        for update skip locked
      )
      update profiles p set state = ${encodeStoredProfile(folded)} from free where p.user_key = free.user_key`;
    if (kept === 1) return folded;
    const [now] = await this.#rowsOf([userKey]);
    if (now === undefined) return emptyProfile(userKey);
    return now.version === version && now.state === null ? folded : this.#stateOf(now);
  }

  #rowsOf(userKeys: readonly string[]): Promise<ProfileRow[]> {
    return this.parts.connection.$queryRaw<ProfileRow[]>`
      select user_key, version, state from profiles where user_key = any(${[...userKeys]})`;
  }

  async #lockStored(sortedKeys: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.parts.connection.$queryRaw<{ user_key: string; version: number }[]>`
      select user_key, version from profiles where user_key = any(${[...sortedKeys]})
      order by user_key collate "C" for update`;
    return new Map(rows.map(({ user_key, version }) => [user_key, version]));
  }
}
