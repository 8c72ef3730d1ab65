import DataLoader from 'dataloader';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../lib/clock.js';
import { emptyPacked, type PackedProfile } from '../storage/profiles/packed-profile.js';
import { requireFull, type FullProfile, type ProfileState, UnreadableProfile } from '../domain/profile.js';
import type { AppendedProfile } from '../storage/events/recording.js';
import type { ReadProfile } from '../storage/profiles/packed-profile.js';
import { CachedProfile } from './cached-profile.js';
import { RecentChanges } from './recent-changes.js';

/** Maximum number of profiles per database read. */
const MAX_BATCH = 500;

/**
 * Bytes by which the recent events of an entry may exceed those of the store: about 200 events, which a read folds in
 * 2 ms.
 */
const MAX_SURPLUS_BYTES = 4_096;

export interface ProfileCacheDeps {
  /**
   * Reads the profiles of at most 500 users, in the given order; an empty profile for a user without events, and an error
   * in place of a profile that cannot be decoded. `lifetime`: whether to read the lifetime sums.
   */
  readonly read: (
    userKeys: readonly string[],
    options: { readonly lifetime: boolean },
  ) => Promise<readonly (ReadProfile | UnreadableProfile)[]>;
  /** Decodes a profile; undefined if one of its markets is not in memory, so that it must be read again. */
  readonly unpack: (packed: PackedProfile) => ProfileState | undefined;
  /** Bound for all entries together. */
  readonly maxBytes: number;
  /** TTL of entries in milliseconds; short while messages of other replicas may be lost. */
  readonly ttlMs: () => number;
  readonly clock: Clock;
}

export interface ProfileCacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly entries: number;
  readonly bytes: number;
  /** Entries evicted because of the bound. */
  readonly evictions: number;
}

/** A position before every change: marks a read as outdated. */
const OUTDATED = -1;

/** A read of one user's profile, queued or in progress. */
interface PendingRead {
  readonly userKey: string;
  /** The position of the changes when the query was sent; Infinity before. */
  since: number;
  /** Whether to read the lifetime sums. May be set until the query is sent. */
  lifetime: boolean;
  isSent: boolean;
  readonly profile: Promise<ProfileState>;
}

/**
 * Read-through LRU cache of profiles in their stored form, bounded in bytes. Each use decodes the profile. A commit of this
 * process prepends its encoded events to the entry.
 *
 * Reads of one tick share one query, and concurrent reads of a user share one read. If a commit, here or on another
 * replica, changes the user during a read, the read still answers the callers that waited before the commit. Its result is
 * not cached, and later callers wait for a new read.
 */
export class ProfileCache {
  readonly #entries: LRUCache<string, CachedProfile>;
  #batches: DataLoader<PendingRead, ReadProfile>;
  readonly #pending = new Map<string, PendingRead>();
  readonly #changes = new RecentChanges();
  #hits = 0;
  #misses = 0;
  #evictions = 0;

  constructor(private readonly deps: ProfileCacheDeps) {
    this.#entries = new LRUCache({
      maxSize: deps.maxBytes,
      sizeCalculation: (entry, userKey) => entry.sizeUnder(userKey),
      dispose: (_entry, _userKey, reason) => {
        if (reason === 'evict') this.#evictions++;
      },
    });
    this.#batches = this.#createBatches();
  }

  /** Returns the version of a user's profile if it is cached and within its TTL; never reads. */
  cachedVersion(userKey: string): number | undefined {
    return this.#current(userKey)?.version;
  }

  /** Returns the profile of a user if it is cached and within its TTL; never reads. */
  cached(userKey: string): ProfileState | undefined {
    return this.#cached(userKey, false);
  }

  /** Returns the same with the lifetime sums, if they are cached as well. */
  cachedFull(userKey: string): FullProfile | undefined {
    const profile = this.#cached(userKey, true);
    return profile && requireFull(profile);
  }

  /** Returns the profile of a user, from memory or the store; rejects with the error of the store. */
  get(userKey: string): Promise<ProfileState> {
    return this.#get(userKey, false);
  }

  /** Returns the same with the lifetime sums. */
  async getFull(userKey: string): Promise<FullProfile> {
    return requireFull(await this.#get(userKey, true));
  }

  /**
   * Returns the latest countries of users, from memory or the store; null if unknown or if the profile cannot be decoded.
   */
  async countriesOf(userKeys: readonly string[]): Promise<Map<string, string | null>> {
    const countryOf = async (userKey: string): Promise<[string, string | null]> => {
      const entry = this.#current(userKey);
      if (entry?.country !== undefined) return [userKey, entry.country];
      try {
        const { country, version } = await this.get(userKey);
        const cached = this.#entries.peek(userKey);
        // A commit during the read may have changed the country.
        if (cached?.version === version) cached.country = country;
        return [userKey, country];
      } catch (error) {
        if (error instanceof UnreadableProfile) return [userKey, null];
        throw error;
      }
    };
    return new Map(await Promise.all(userKeys.map(countryOf)));
  }

  /** The number of changes so far; read it before a transaction begins and pass it to {@link append}. */
  get position(): number {
    return this.#changes.position;
  }

  /**
   * Applies a commit of this process to the cached profile. It drops an entry of any version but the previous one. It also
   * drops an entry with many events that the store has compacted: while commits follow each other closely, each
   * {@link put} finds a later version and does nothing.
   *
   * @param since the {@link position} before the transaction. If the user was invalidated since then, another replica may
   *   have committed later, so the entry is dropped as well.
   */
  append({ userKey, version, batch, countries, recentBytes }: AppendedProfile, since: number): void {
    const before = this.#outdateRead(userKey);
    if (before !== undefined && before.version >= version) return;
    const isNext = before === undefined ? version === 1 : before.version === version - 1;
    const packed = before?.packed(userKey) ?? emptyPacked(userKey);
    const isTooLong = packed.recent.length + batch.length > recentBytes + MAX_SURPLUS_BYTES;
    if (!isNext || isTooLong || this.#changes.changedSince(userKey, since)) {
      this.#entries.delete(userKey);
      // The result of an earlier commit may still arrive; it must not create an entry.
      this.#changes.add(userKey);
      return;
    }
    const recent = Buffer.concat([batch, packed.recent]);
    // A late event does not change the country, so a new country is known only after decoding the profile.
    const isSameCountry = [...countries].every((country) => country === before?.country);
    const country = isSameCountry ? before?.country : undefined;
    this.#set(userKey, new CachedProfile({ ...packed, version, recent }, this.deps.clock(), country));
  }

  /**
   * Replaces the cached profile of a user by another stored form of the same version. Does nothing without an entry of that
   * version: a later commit of this process may have dropped it.
   *
   * @param since as for {@link append}.
   */
  put(packed: PackedProfile, since: number): void {
    const { userKey, version } = packed;
    const before = this.#entries.peek(userKey);
    if (before?.version !== version || this.#changes.changedSince(userKey, since)) return;
    // The lifetime sums of most users are never needed.
    const lifetime = before.hasLifetime ? packed.lifetime : null;
    this.#set(userKey, new CachedProfile({ ...packed, lifetime }, before.asOfMs, before.country));
  }

  /** Whether an older version of a user's profile is cached, or may become cached by a pending read. */
  isBehind(userKey: string, version: number): boolean {
    return (this.#entries.peek(userKey)?.version ?? -1) < version;
  }

  /** Drops the profiles of users that may have changed on other replicas. */
  invalidate(userKeys: Iterable<string>): void {
    for (const userKey of userKeys) {
      this.#changes.add(userKey);
      this.#entries.delete(userKey);
    }
  }

  /** Drops every other reference to users, such as the last batch of reads. */
  forgetReads(): void {
    this.#batches = this.#createBatches();
  }

  /** Drops all profiles, since any may have changed on other replicas. */
  clear(): void {
    this.#changes.addForAllUsers();
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

  /** Returns the entry of a user if it is within its TTL. */
  #current(userKey: string): CachedProfile | undefined {
    const entry = this.#entries.get(userKey);
    if (entry === undefined || this.deps.clock() - entry.asOfMs >= this.deps.ttlMs()) return undefined;
    return entry;
  }

  #cached(userKey: string, lifetime: boolean): ProfileState | undefined {
    const entry = this.#current(userKey);
    if (entry === undefined || (lifetime && !entry.hasLifetime)) return undefined;
    const profile = this.deps.unpack(entry.packed(userKey));
    if (profile !== undefined) this.#hits++;
    return profile;
  }

  #get(userKey: string, lifetime: boolean): Promise<ProfileState> {
    const cached = this.#cached(userKey, lifetime);
    if (cached !== undefined) return Promise.resolve(cached);
    this.#misses++;
    return this.#read(userKey, lifetime);
  }

  #read(userKey: string, lifetime: boolean): Promise<ProfileState> {
    const last = this.#pending.get(userKey);
    const isUsable = last !== undefined && (last.lifetime || !lifetime || !last.isSent);
    if (isUsable && !this.#changes.changedSince(userKey, last.since)) {
      last.lifetime ||= lifetime;
      return last.profile;
    }
    const begin = async (): Promise<ProfileState> => {
      read.since = this.#changes.position;
      const asOfMs = this.deps.clock();
      const { packed, profile } = await this.#batches.load(read);
      if (!this.#changes.changedSince(userKey, read.since)) {
        this.#set(userKey, new CachedProfile(packed, asOfMs, profile.country));
      }
      return profile;
    };
    const read: PendingRead = {
      ...{ userKey, since: Infinity, lifetime, isSent: false },
      profile: (last?.profile ?? Promise.resolve()).then(begin, begin).finally(() => {
        if (this.#pending.get(userKey) === read) this.#pending.delete(userKey);
      }),
    };
    this.#pending.set(userKey, read);
    return read.profile;
  }

  #createBatches(): DataLoader<PendingRead, ReadProfile> {
    return new DataLoader<PendingRead, ReadProfile>((reads) => this.#send(reads), {
      cache: false,
      maxBatchSize: MAX_BATCH,
    });
  }

  #send(reads: readonly PendingRead[]): Promise<readonly (ReadProfile | UnreadableProfile)[]> {
    for (const read of reads) read.isSent = true;
    return this.deps.read(
      reads.map(({ userKey }) => userKey),
      { lifetime: reads.some(({ lifetime }) => lifetime) },
    );
  }

  /** Marks a read in progress as outdated by a commit. @returns the entry of the user. */
  #outdateRead(userKey: string): CachedProfile | undefined {
    const read = this.#pending.get(userKey);
    if (read !== undefined && read.since !== Infinity) read.since = OUTDATED;
    return this.#entries.peek(userKey);
  }

  #set(userKey: string, entry: CachedProfile): void {
    this.#entries.set(copyOf(userKey), entry);
  }
}

/** Copies a text: a key that is a substring of a query would keep the whole query in memory. */
function copyOf(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
