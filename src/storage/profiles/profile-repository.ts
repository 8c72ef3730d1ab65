import { applyEvents } from '../../domain/apply-events.js';
import type { DecayConfig } from '../../domain/decay.js';
import {
  emptyProfile,
  requireFull,
  type FullProfile,
  type ProfileState,
  UnreadableProfile,
} from '../../domain/profile.js';
import { Prisma } from '../../generated/prisma/client.js';
import type { InteractionRepository } from '../events/interaction-repository.js';
import type { IndexedMarket, MarketIndex } from '../markets/market-index.js';
import { addVisibleUsers, compareUserKeys, forUsers, type Connection } from '../sql.js';
import { NO_BYTES } from './column-codec.js';
import {
  emptyPacked,
  unpackProfile,
  unpackProfiles,
  type PackedProfile,
  type ReadProfile,
} from './packed-profile.js';
import { encodeProfile, type ProfileColumns } from './profile-columns.js';

interface ProfileRow {
  user_key: string;
  version: number;
  state_version: number;
  /** Null: must be rebuilt from the interactions, if there are any. */
  state: Uint8Array | null;
  shown: Uint8Array;
  lifetime: Uint8Array | null;
  recent: Uint8Array;
}

/** A profile folded from the events of one user up to `seq`, without a version. */
export interface FoldedProfile {
  readonly state: FullProfile;
  readonly seq: bigint;
}

/** Users whose profiles other transactions may lock. */
export interface LockedProfiles {
  /** Users whose row another transaction locks. */
  readonly locked: readonly string[];
  /** Users without a row. */
  readonly missing: readonly string[];
}

/** Events of one user per read; folding them blocks the event loop for about 10 ms. */
const EVENTS_PER_READ = 1_000;

/** How long a transaction waits for one profile before it fails with 55P03, as `record_events` does. */
const LOCK_TIMEOUT = '500ms';

/** The server ends a transaction that is idle for longer, so that a lost replica does not keep profiles locked. */
const IDLE_TIMEOUT = '5s';

/**
 * The profiles. A profile is one row: its columns as of `state_version`, and the later events in `recent`. A commit only
 * prepends its events to `recent`; `ProfileRewriteRepository` folds them into the columns later.
 */
export class ProfileRepository {
  constructor(
    private readonly deps: {
      readonly connection: Connection;
      /** The events of all users. */
      readonly interactions: Pick<InteractionRepository, 'historyOf' | 'has'>;
      readonly markets: MarketIndex;
      readonly decay: DecayConfig;
    },
  ) {}

  /**
   * Returns the full profiles of these users, in the order of the keys; an empty one for an unknown user. A profile with
   * events but without state is rebuilt from the interactions and stored.
   *
   * @throws {UnreadableProfile} if one of them cannot be decoded.
   */
  async load(userKeys: readonly string[]): Promise<FullProfile[]> {
    const profiles = await this.read(userKeys, { lifetime: true });
    return profiles.map((read) => {
      if (read instanceof UnreadableProfile) throw read;
      return requireFull(read.profile);
    });
  }

  /**
   * Returns the same profiles with their stored form, by one statement, and one more if they name markets that are not in
   * memory. Returns an error in place of a profile that cannot be decoded.
   *
   * @param options.lifetime whether to read the lifetime sums.
   */
  async read(
    userKeys: readonly string[],
    options: { readonly lifetime: boolean },
  ): Promise<(ReadProfile | UnreadableProfile)[]> {
    const packed = new Map<string, PackedProfile>();
    for (const row of await this.#rowsOf(userKeys, options.lifetime)) {
      // Sequentially: rebuilding is rare, and must not use all connections.
      packed.set(row.user_key, row.state === null ? await this.#rebuild(row) : toPacked(row, row.state));
    }
    const { markets, decay } = this.deps;
    return unpackProfiles(
      userKeys.map((userKey) => packed.get(userKey) ?? emptyPacked(userKey)),
      { markets, decay, findMarkets: (numbers) => this.#findMarkets(numbers) },
    );
  }

  /**
   * Decodes a profile and applies its recent events.
   *
   * @returns undefined if one of its markets is not in memory; {@link read} finds it.
   */
  unpack(packed: PackedProfile): ProfileState | undefined {
    const { profile, missing } = unpackProfile(packed, this.deps.markets, this.deps.decay);
    return missing.length === 0 ? profile : undefined;
  }

  /**
   * Locks the profiles of these users until the transaction ends; users without a row get one. Every transaction locks rows
   * in the same order, so two of them cannot deadlock. From then on, the transaction sees the rows of these users.
   *
   * SQL: Prisma has no session settings and cannot lock rows. The insert is a batch.
   *
   * @returns the stored version of each, in the order of the keys.
   * @throws 55P03 if another transaction locks one of them for 500 ms.
   */
  async lock(userKeys: readonly string[]): Promise<number[]> {
    await this.deps.connection.$executeRaw`
      select set_config('lock_timeout', ${LOCK_TIMEOUT}, true),
        set_config('idle_in_transaction_session_timeout', ${IDLE_TIMEOUT}, true), ${addVisibleUsers(userKeys)}`;
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

  /** Returns which of these users' profiles other transactions lock; does not wait. SQL: Prisma cannot skip locked rows. */
  async findLocked(userKeys: readonly string[]): Promise<LockedProfiles> {
    const rows = await forUsers(
      this.deps.connection,
      userKeys,
      (connection) => connection.$queryRaw<{ user_key: string; locked: boolean }[]>`
        with free as materialized (
          select user_key from profiles where user_key = any(${[...userKeys]})
          order by user_key collate "C" for update skip locked
        )
        select k.user_key, p.user_key is not null as locked
        from unnest(${[...userKeys]}::text[]) as k(user_key) left join profiles p on p.user_key = k.user_key
        where not exists (select from free f where f.user_key = k.user_key)`,
    );
    const keysOf = (locked: boolean) =>
      rows.filter((row) => row.locked === locked).map((row) => row.user_key);
    return { locked: keysOf(true), missing: keysOf(false) };
  }

  /** Replaces a profile. Only while the profile is {@link lock locked}. */
  async overwrite(profile: FullProfile): Promise<FullProfile> {
    const { state, shown, lifetime } = this.#encode(profile);
    const { userKey, version } = profile;
    await this.deps.connection.profile.updateMany({
      where: { userKey },
      data: {
        ...{ version, stateVersion: version },
        ...{ state: state.slice(), shown: shown.slice(), lifetime: lifetime.slice(), recent: NO_BYTES },
      },
    });
    return profile;
  }

  /**
   * Folds the stored events of a user, with the current topics of their markets.
   *
   * @param from the result of an earlier call, to continue from. Default: the first event.
   */
  async fold(
    userKey: string,
    from: FoldedProfile = { state: emptyProfile(userKey), seq: 0n },
  ): Promise<FoldedProfile> {
    let { state, seq } = from;
    for (;;) {
      const history = await this.deps.interactions.historyOf(userKey, seq, EVENTS_PER_READ);
      for (const { indexed } of history) this.deps.markets.add(indexed);
      const events = history.map(({ event }) => event);
      state = applyEvents(state, events, this.deps.decay);
      seq = history.at(-1)?.seq ?? seq;
      if (history.length < EVENTS_PER_READ) return { state, seq };
    }
  }

  /** Returns whether the last event of a folded profile is still stored. */
  async isStored({ state, seq }: FoldedProfile): Promise<boolean> {
    return seq === 0n || this.deps.interactions.has(state.userKey, seq);
  }

  /**
   * Folds the stored events of a user before an event.
   *
   * @param seq of that event, above that of `from`.
   */
  async foldBefore(
    userKey: string,
    seq: bigint,
    from: FoldedProfile = { state: emptyProfile(userKey), seq: 0n },
  ): Promise<FoldedProfile> {
    let { state, seq: last } = from;
    for (;;) {
      const history = await this.deps.interactions.historyOf(userKey, last, EVENTS_PER_READ, seq);
      state = applyEvents(
        state,
        history.map(({ event }) => event),
        this.deps.decay,
      );
      last = history.at(-1)?.seq ?? last;
      if (history.length < EVENTS_PER_READ) return { state, seq: last };
    }
  }

  /**
   * Returns the keys of users with events whose profile has no state, in order.
   *
   * @param after the last key of the previous call; empty for the first call.
   */
  async withoutState(after: string, limit: number): Promise<string[]> {
    const rows = await this.deps.connection.profile.findMany({
      where: { state: null, version: { gt: 0 }, userKey: { gt: after } },
      orderBy: { userKey: 'asc' },
      take: limit,
      select: { userKey: true },
    });
    return rows.map(({ userKey }) => userKey);
  }

  /**
   * Rebuilds a profile without state from the interactions, and stores it.
   *
   * @param from the history as folded for an earlier version, so that a user with constant events needs no second full read.
   */
  async #rebuild(row: ProfileRow, from?: FoldedProfile): Promise<PackedProfile> {
    const { user_key: userKey, version } = row;
    if (version === 0) return emptyPacked(userKey);
    const folded = await this.fold(userKey, from);
    const columns = this.#encode({ ...folded.state, version });
    const { state, shown, lifetime } = columns;
    const rebuilt = { userKey, version, stateVersion: version, ...columns, recent: NO_BYTES };
    // Every commit increases the version, so an unchanged version means that these were all events. A profile that another
    // transaction locks is not stored, because reads must not wait. SQL: Prisma cannot skip locked rows.
    const stored = await forUsers(
      this.deps.connection,
      [userKey],
      (connection) => connection.$executeRaw`
        with free as materialized (
          select user_key from profiles where user_key = ${userKey} and version = ${version} and state is null
          for update skip locked
        )
        update profiles p set state_version = ${version}, state = ${state}, shown = ${shown}, lifetime = ${lifetime},
          recent = ''
        from free where p.user_key = free.user_key`,
    );
    if (stored === 1) return rebuilt;
    const [now] = await this.#rowsOf([userKey], true);
    if (now === undefined) return emptyPacked(userKey);
    if (now.state !== null) return toPacked(now, now.state);
    if (now.version === version) return rebuilt;
    // A lower version is of a user who returned after an erasure.
    return now.version > version ? this.#rebuild(now, folded) : this.#rebuild(now);
  }

  /** SQL: a database function, which names the users for row-level security in the same round trip. */
  #rowsOf(userKeys: readonly string[], lifetime: boolean): Promise<ProfileRow[]> {
    const keys = [...new Set(userKeys)];
    return this.deps.connection.$queryRaw<ProfileRow[]>`
      select user_key, version, state_version, state, shown, recent, lifetime from profiles_of(${keys}, ${lifetime})`;
  }

  #encode(profile: FullProfile): ProfileColumns {
    return encodeProfile(profile, (marketId) => this.deps.markets.numberOf(marketId));
  }

  /** Reads the markets of these profiles into memory, so that they are stored by number. Format 1 has only their ids. */
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

/** SQL: Prisma's schema does not relate the two tables; with it, tags would take a second statement. */
const selectIndexed = Prisma.sql`
  select n.number, m.id, m.category,
    array(select t.label from market_tags t where t.market_id = m.id order by t.position) as tags
  from market_numbers n join markets m on m.id = n.market_id`;

function toPacked(row: ProfileRow, state: Uint8Array): PackedProfile {
  const { user_key: userKey, version, state_version: stateVersion, shown, lifetime, recent } = row;
  return { userKey, version, stateVersion, state, shown, lifetime, recent };
}
