import { Prisma, type PrismaClient } from '../../generated/prisma/client.js';
import type { InteractionRepository } from '../events/interaction-repository.js';
import type { IndexedMarket, MarketIndex } from '../markets/market-index.js';
import { NO_BYTES } from './column-codec.js';
import { emptyPacked, unpackProfile, type PackedProfile, type ProfileFold } from './packed-profile.js';
import { emptyProfile, requireFull, type FullProfile, type ProfileState } from '../../domain/profile.js';
import { encodeProfile, type ProfileColumns } from './stored-profile.js';
import { unpackProfiles, UnreadableProfile, type ReadProfile } from './unpack-profiles.js';
import { compareUserKeys } from './user-key-order.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

interface ProfileRow {
  user_key: string;
  version: number;
  state_version: number;
  /** Null: to be made from the interactions, if there are any. */
  state: Uint8Array | null;
  shown: Uint8Array;
  lifetime: Uint8Array | null;
  recent: Uint8Array;
}

/** A profile folded from the events of one user up to `seq`; without a version of its own. */
export interface FoldedProfile {
  readonly state: FullProfile;
  readonly seq: bigint;
}

/** Users of whom some profiles may be held by other transactions. */
export interface LockedProfiles {
  /** Those whose row another transaction holds. */
  readonly locked: readonly string[];
  /** Those without a row. */
  readonly missing: readonly string[];
}

/** Events of one user per read; folding them occupies this process for about 10 ms. */
const EVENTS_AT_ONCE = 1_000;

/**
 * How long a transaction waits for one profile before it fails with 55P03, as `record_events` does. And how long it may
 * pause: then the server ends it, so that a lost replica does not keep profiles locked.
 */
const LOCK_TIMEOUT = '500ms';
const PAUSE_TIMEOUT = '5s';

/**
 * The profiles. A profile is one row: its columns as of `state_version`, and the events since then in `recent`. A commit
 * only puts its events before those of `recent`; `ProfileRewriteRepository` folds them into the columns now and then.
 *
 * SQL, because Prisma cannot lock rows, skip locked rows, or change parts of a column.
 */
export class ProfileRepository {
  constructor(
    private readonly deps: {
      readonly connection: Connection;
      readonly interactions: Pick<InteractionRepository, 'historyOf'>;
      readonly markets: MarketIndex;
      readonly fold: ProfileFold;
    },
  ) {}

  /**
   * Returns the full profiles of these users, in the order asked; an empty one for a user never seen. A profile whose user
   * was seen and that has no state is folded from the interactions, and kept.
   *
   * @throws {UnreadableProfile} when one of them cannot be decoded.
   */
  async load(userKeys: readonly string[]): Promise<FullProfile[]> {
    const profiles = await this.read(userKeys, { lifetime: true });
    return profiles.map((read) => {
      if (read instanceof UnreadableProfile) throw read;
      return requireFull(read.profile);
    });
  }

  /**
   * Returns the same profiles together with their stored form, with one statement, and one more if they name markets that
   * are not in memory. In place of a profile that cannot be decoded it returns the error.
   *
   * @param options.lifetime whether to read the lifetime sums.
   */
  async read(
    userKeys: readonly string[],
    options: { readonly lifetime: boolean },
  ): Promise<(ReadProfile | UnreadableProfile)[]> {
    const packed = new Map<string, PackedProfile>();
    for (const row of await this.#rowsOf(userKeys, options.lifetime)) {
      // One after the other: it is rare, and must not take all connections.
      packed.set(row.user_key, row.state === null ? await this.#made(row) : toPacked(row, row.state));
    }
    const { markets, fold } = this.deps;
    return unpackProfiles(
      userKeys.map((userKey) => packed.get(userKey) ?? emptyPacked(userKey)),
      { markets, fold, findMarkets: (numbers) => this.#findMarkets(numbers) },
    );
  }

  /**
   * Decodes a profile and folds its recent events.
   *
   * @returns undefined when one of its markets is not in memory; {@link read} finds it.
   */
  unpack(packed: PackedProfile): ProfileState | undefined {
    const { profile, missing } = unpackProfile(packed, this.deps.markets, this.deps.fold);
    return missing.length === 0 ? profile : undefined;
  }

  /**
   * Locks the profiles of these users until the transaction ends; users without a row get one. Rows are locked in one
   * order everywhere, so two callers cannot block each other.
   *
   * @returns the stored version of each, in the order asked.
   * @throws 55P03 when another transaction holds one of them for 500 ms.
   */
  async lock(userKeys: readonly string[]): Promise<number[]> {
    await this.deps.connection.$queryRaw`
      select set_config('lock_timeout', ${LOCK_TIMEOUT}, true),
        set_config('idle_in_transaction_session_timeout', ${PAUSE_TIMEOUT}, true)`;
    const keys = [...new Set(userKeys)].sort(compareUserKeys);
    const versions = await this.#lockStored(keys);
    const missing = keys.filter((key) => !versions.has(key));
    if (missing.length > 0) {
      await this.deps.connection.$executeRaw`
        insert into profiles (user_key, state) select unnest(${missing}::text[]), ''
        on conflict (user_key) do nothing`;
      for (const [key, version] of await this.#lockStored(missing)) versions.set(key, version);
    }
    return userKeys.map((key) => versions.get(key) ?? 0);
  }

  /** Which of these users' profiles other transactions hold at this moment; waits for none. */
  async findLocked(userKeys: readonly string[]): Promise<LockedProfiles> {
    const rows = await this.deps.connection.$queryRaw<{ user_key: string; locked: boolean }[]>`
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

  /** Stores a profile in place of any other. Only while the profile is {@link lock locked}. */
  async overwrite(profile: FullProfile): Promise<FullProfile> {
    const { state, shown, lifetime } = this.#encode(profile);
    await this.deps.connection.$executeRaw`
      update profiles set version = ${profile.version}, state_version = ${profile.version}, state = ${state},
        shown = ${shown}, lifetime = ${lifetime}, recent = ''
      where user_key = ${profile.userKey}`;
    return profile;
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
      const history = await this.deps.interactions.historyOf(userKey, seq, EVENTS_AT_ONCE);
      for (const { indexed } of history) this.deps.markets.add(indexed);
      state = this.deps.fold(
        state,
        history.map(({ event }) => event),
      );
      seq = history.at(-1)?.seq ?? seq;
      if (history.length < EVENTS_AT_ONCE) return { state, seq };
    }
  }

  /** The keys of users who were seen and whose state is yet to be made, in order, after one; an empty key to begin. */
  async withoutState(userKey: string, limit: number): Promise<string[]> {
    const rows = await this.deps.connection.$queryRaw<{ user_key: string }[]>`
      select user_key from profiles where state is null and version > 0 and user_key > ${userKey}
      order by user_key limit ${limit}`;
    return rows.map(({ user_key }) => user_key);
  }

  /** @param from the history as folded for an earlier version: a user with constant events is caught up with. */
  async #made(row: ProfileRow, from?: FoldedProfile): Promise<PackedProfile> {
    const { user_key: userKey, version } = row;
    if (version === 0) return emptyPacked(userKey);
    const folded = await this.fold(userKey, from);
    const columns = this.#encode({ ...folded.state, version });
    const { state, shown, lifetime } = columns;
    const made = { userKey, version, stateVersion: version, ...columns, recent: NO_BYTES };
    // Every commit stores a new version, so while the version is the same, these were all events. A profile that another
    // transaction holds is not kept: no read waits for it.
    const kept = await this.deps.connection.$executeRaw`
      with free as materialized (
        select user_key from profiles where user_key = ${userKey} and version = ${version} and state is null
        for update skip locked
      )
      update profiles p set state_version = ${version}, state = ${state}, shown = ${shown}, lifetime = ${lifetime},
        recent = ''
      from free where p.user_key = free.user_key`;
    if (kept === 1) return made;
    const [now] = await this.#rowsOf([userKey], true);
    if (now === undefined) return emptyPacked(userKey);
    if (now.state !== null) return toPacked(now, now.state);
    if (now.version === version) return made;
    // A lower version is of a user who was erased and came back.
    return now.version > version ? this.#made(now, folded) : this.#made(now);
  }

  #rowsOf(userKeys: readonly string[], lifetime: boolean): Promise<ProfileRow[]> {
    const keys = [...new Set(userKeys)];
    return this.deps.connection.$queryRaw<ProfileRow[]>`
      select user_key, version, state_version, state, shown, recent,
        case when ${lifetime} then lifetime end as lifetime
      from profiles where user_key = any(${keys})`;
  }

  #encode(profile: FullProfile): ProfileColumns {
    return encodeProfile(profile, (marketId) => this.deps.markets.numberOf(marketId));
  }

  /** Reads the markets of these profiles into memory, so that they are stored by number: format 1 names them by id. */
  async findNumbers(profiles: readonly ProfileState[]): Promise<void> {
    const { markets, connection } = this.deps;
    const missing = new Set<string>();
    for (const { engagements, hidden, impressions } of profiles) {
      for (const id of [...engagements.keys(), ...hidden.keys(), ...impressions.keys()]) {
        if (markets.numberOf(id) === undefined) missing.add(id);
      }
    }
    if (missing.size === 0) return;
    const found = await connection.$queryRaw<IndexedMarket[]>`
      ${selectIndexed} where m.id = any(${[...missing]})`;
    for (const market of found) markets.add(market);
  }

  /** Reads markets into memory by their numbers. */
  async #findMarkets(numbers: ReadonlySet<number>): Promise<Map<number, IndexedMarket | null>> {
    const { markets, connection } = this.deps;
    const read = await connection.$queryRaw<IndexedMarket[]>`
      ${selectIndexed} where n.number = any(${[...numbers]})`;
    const found = new Map<number, IndexedMarket | null>(read.map((market) => [market.number, market]));
    for (const market of read) markets.add(market);
    for (const number of numbers) {
      if (found.has(number)) continue;
      markets.addAbsent(number);
      found.set(number, null);
    }
    return found;
  }

  async #lockStored(sortedKeys: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.deps.connection.$queryRaw<{ user_key: string; version: number }[]>`
      select user_key, version from profiles where user_key = any(${[...sortedKeys]})
      order by user_key collate "C" for update`;
    return new Map(rows.map(({ user_key, version }) => [user_key, version]));
  }
}

const selectIndexed = Prisma.sql`
  select n.number, m.id, m.category,
    array(select t.label from market_tags t where t.market_id = m.id order by t.position) as tags
  from market_numbers n join markets m on m.id = n.market_id`;

function toPacked(row: ProfileRow, state: Uint8Array): PackedProfile {
  const { user_key: userKey, version, state_version: stateVersion, shown, lifetime, recent } = row;
  return { userKey, version, stateVersion, state, shown, lifetime, recent };
}
