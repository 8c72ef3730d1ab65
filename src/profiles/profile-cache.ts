import DataLoader from 'dataloader';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../lib/clock.js';
import {
  emptyPacked,
  UnreadableProfile,
  type PackedProfile,
  type ReadProfile,
} from '../storage/profiles/packed-profile.js';
import { requireFull, type FullProfile, type ProfileState } from '../domain/profile.js';
import type { AppendedProfile } from '../storage/events/recording.js';
import { CachedProfile } from './cached-profile.js';
import { RecentChanges } from './recent-changes.js';

const MAX_BATCH = 500;

/** By how much the recent events of an entry may exceed those of the store: about 200 events, which a read folds in 2 ms. */
const MAX_SURPLUS_BYTES = 4_096;

export interface ProfileCacheParts {
  /**
   * Reads the profiles of these users in the order asked, at most 500 at a time; an empty one for a user never seen.
   * `lifetime`: with their lifetime sums. An error in place of a profile that cannot be decoded.
   */
  readonly read: (
    userKeys: readonly string[],
    options: { readonly lifetime: boolean },
  ) => Promise<readonly (ReadProfile | UnreadableProfile)[]>;
  /** Decodes a profile; undefined when it has to be read again, because a market of it is not in memory. */
  readonly unpack: (packed: PackedProfile) => ProfileState | undefined;
  /** Of all entries. */
  readonly maxBytes: number;
  /** TTL of an entry in milliseconds; short while messages of other replicas may be lost. */
  readonly lifeMs: () => number;
  readonly clock: Clock;
}

export interface ProfileCacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly entries: number;
  readonly bytes: number;
  /** Entries that were removed to make room. */
  readonly evictions: number;
}

/** Before every change: as if the store had been asked before all of them. */
const OVERTAKEN = -1;

/** A read of one user's profile, in progress or about to begin. */
interface Flight {
  readonly userKey: string;
  /** The position of the changes when the store was asked; Infinity before. */
  since: number;
  /** Whether to read the lifetime sums. Can be set until the store is asked. */
  lifetime: boolean;
  isSent: boolean;
  readonly profile: Promise<ProfileState>;
}

/**
 * The profiles of active users in their stored form, in front of the store; bounded in bytes, the least recently used
 * evicted first. A profile is decoded when it is used; an event of this process is only put before the others.
 *
 * Reads of one tick go to the store as one query, and no user is read twice at a time. A read that was overtaken by a
 * commit, here or on another replica, still answers those who asked before; it is not cached, and later callers wait for
 * a read that began afterwards.
 */
export class ProfileCache {
  readonly #entries: LRUCache<string, CachedProfile>;
  readonly #batches: DataLoader<Flight, ReadProfile>;
  readonly #flights = new Map<string, Flight>();
  readonly #changes = new RecentChanges();
  #hits = 0;
  #misses = 0;
  #evictions = 0;

  constructor(private readonly deps: ProfileCacheParts) {
    this.#entries = new LRUCache({
      maxSize: deps.maxBytes,
      sizeCalculation: (entry, userKey) => entry.sizeUnder(userKey),
      dispose: (_entry, _userKey, reason) => {
        if (reason === 'evict') this.#evictions++;
      },
    });
    this.#batches = new DataLoader<Flight, ReadProfile>((flights) => this.#send(flights), {
      cache: false,
      maxBatchSize: MAX_BATCH,
    });
  }

  /** Returns the profile of a user if it is cached and current; costs no read. */
  held(userKey: string): ProfileState | undefined {
    return this.#held(userKey, false);
  }

  /** Returns the same with the lifetime sums, if they are cached as well. */
  heldFull(userKey: string): FullProfile | undefined {
    const held = this.#held(userKey, true);
    return held && requireFull(held);
  }

  /** Returns the profile of a user, from memory or the store; rejects as the store does. */
  get(userKey: string): Promise<ProfileState> {
    return this.#get(userKey, false);
  }

  /** Returns the same with the lifetime sums. */
  async getFull(userKey: string): Promise<FullProfile> {
    return requireFull(await this.#get(userKey, true));
  }

  /** Returns the last countries of users, from memory or the store; null also for a profile that cannot be decoded. */
  async countriesOf(userKeys: readonly string[]): Promise<Map<string, string | null>> {
    const countryOf = async (userKey: string): Promise<[string, string | null]> => {
      const entry = this.#current(userKey);
      if (entry?.country !== undefined) return [userKey, entry.country];
      try {
        const { country, version } = await this.get(userKey);
        const cached = this.#entries.peek(userKey);
        // A commit during the read may have named another country.
        if (cached?.version === version) cached.country = country;
        return [userKey, country];
      } catch (error) {
        if (error instanceof UnreadableProfile) return [userKey, null];
        throw error;
      }
    };
    return new Map(await Promise.all(userKeys.map(countryOf)));
  }

  /** The position of the changes; to be read before a transaction begins, and given to {@link append}. */
  get position(): number {
    return this.#changes.position;
  }

  /**
   * Applies a commit of this process to the cached profile. An entry that is not the version right before it is dropped.
   * So is one with many events that the store has folded meanwhile: while commits follow each other closely, each
   * {@link put} finds a later version.
   *
   * @param since the {@link position} from before the transaction. If the user was invalidated since then, another replica
   *   may have committed later, so the entry is dropped as well.
   */
  append({ userKey, version, batch, countries, recentBytes }: AppendedProfile, since: number): void {
    const before = this.#overtake(userKey);
    if (before !== undefined && before.version >= version) return;
    const isNext = before === undefined ? version === 1 : before.version === version - 1;
    const packed = before?.packed(userKey) ?? emptyPacked(userKey);
    const isTooLong = packed.recent.length + batch.length > recentBytes + MAX_SURPLUS_BYTES;
    if (!isNext || isTooLong || this.#changes.changedSince(userKey, since)) {
      this.#entries.delete(userKey);
      // An earlier commit whose answer is still to come must not make an entry again.
      this.#changes.note(userKey);
      return;
    }
    const recent = Buffer.concat([batch, packed.recent]);
    // A late event does not change the country, so another one is only known once the profile is decoded.
    const isSameCountry = [...countries].every((country) => country === before?.country);
    const country = isSameCountry ? before?.country : undefined;
    this.#set(userKey, new CachedProfile({ ...packed, version, recent }, this.deps.clock(), country));
  }

  /**
   * Replaces the cached profile of a user by another stored form of the same version. Without an entry of that version
   * it does nothing: a later commit of this process may have dropped the entry.
   *
   * @param since as for {@link append}.
   */
  put(packed: PackedProfile, since: number): void {
    const { userKey, version } = packed;
    const before = this.#entries.peek(userKey);
    if (before?.version !== version || this.#changes.changedSince(userKey, since)) return;
    // The lifetime sums of most users are never asked for.
    const lifetime = before.hasLifetime ? packed.lifetime : null;
    this.#set(userKey, new CachedProfile({ ...packed, lifetime }, before.asOfMs, before.country));
  }

  /** Whether the cache may hold, or be about to hold, an older version of a user's profile than this one. */
  isBehind(userKey: string, version: number): boolean {
    return (this.#entries.peek(userKey)?.version ?? -1) < version;
  }

  /** Drops the profiles of users that may have changed on other replicas. */
  invalidate(userKeys: Iterable<string>): void {
    for (const userKey of userKeys) {
      this.#changes.note(userKey);
      this.#entries.delete(userKey);
    }
  }

  /** Drops all profiles: any may have changed on other replicas. */
  clear(): void {
    this.#changes.noteEveryone();
    this.#entries.clear();
  }

  get stats(): ProfileCacheStats {
    return {
      hits: this.#hits,
      misses: this.#misses,
      entries: this.#entries.size,
      bytes: this.#entries.calculatedSize,
      evictions: this.#evictions,
    };
  }

  /** The entry of a user that is within its TTL. */
  #current(userKey: string): CachedProfile | undefined {
    const entry = this.#entries.get(userKey);
    if (entry === undefined || this.deps.clock() - entry.asOfMs >= this.deps.lifeMs()) return undefined;
    return entry;
  }

  #held(userKey: string, lifetime: boolean): ProfileState | undefined {
    const entry = this.#current(userKey);
    if (entry === undefined || (lifetime && !entry.hasLifetime)) return undefined;
    const profile = this.deps.unpack(entry.packed(userKey));
    if (profile !== undefined) this.#hits++;
    return profile;
  }

  #get(userKey: string, lifetime: boolean): Promise<ProfileState> {
    const held = this.#held(userKey, lifetime);
    if (held !== undefined) return Promise.resolve(held);
    this.#misses++;
    return this.#read(userKey, lifetime);
  }

  #read(userKey: string, lifetime: boolean): Promise<ProfileState> {
    const last = this.#flights.get(userKey);
    const isUsable = last !== undefined && (last.lifetime || !lifetime || !last.isSent);
    if (isUsable && !this.#changes.changedSince(userKey, last.since)) {
      last.lifetime ||= lifetime;
      return last.profile;
    }
    const begin = async (): Promise<ProfileState> => {
      flight.since = this.#changes.position;
      const asOfMs = this.deps.clock();
      const { packed, profile } = await this.#batches.load(flight);
      if (!this.#changes.changedSince(userKey, flight.since)) {
        this.#set(userKey, new CachedProfile(packed, asOfMs, profile.country));
      }
      return profile;
    };
    const flight: Flight = {
      ...{ userKey, since: Infinity, lifetime, isSent: false },
      profile: (last?.profile ?? Promise.resolve()).then(begin, begin).finally(() => {
        if (this.#flights.get(userKey) === flight) this.#flights.delete(userKey);
      }),
    };
    this.#flights.set(userKey, flight);
    return flight.profile;
  }

  #send(flights: readonly Flight[]): Promise<readonly (ReadProfile | UnreadableProfile)[]> {
    for (const flight of flights) flight.isSent = true;
    return this.deps.read(
      flights.map(({ userKey }) => userKey),
      { lifetime: flights.some(({ lifetime }) => lifetime) },
    );
  }

  /** Marks a read in progress as overtaken by a commit. @returns the entry of the user. */
  #overtake(userKey: string): CachedProfile | undefined {
    const flight = this.#flights.get(userKey);
    if (flight !== undefined && flight.since !== Infinity) flight.since = OVERTAKEN;
    return this.#entries.peek(userKey);
  }

  #set(userKey: string, entry: CachedProfile): void {
    this.#entries.set(ownCopy(userKey), entry);
  }
}

/** A part cut out of a text keeps all of the text in memory; a key cut out of a query would keep the query. */
function ownCopy(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
