import DataLoader from 'dataloader';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../config/clock.js';
import type { ProfileState } from '../repositories/profile-state.js';
import { ProfileCodec } from './profile-codec.js';
import { RecentChanges } from './recent-changes.js';
import { StringTable } from './string-table.js';

const MAX_BATCH = 500;

/** What an entry costs beside its key's characters and its bytes; from measurements, as is the next. */
const ENTRY_OVERHEAD_BYTES = 200;
/** What a buffer costs beside its bytes: half of it on the heap, half in what V8 and malloc keep of it outside. */
const BUFFER_OVERHEAD_BYTES = 420;

/** The part of the cache's memory that shared strings may fill. */
const STRINGS_SHARE = 1 / 8;

export interface ProfileCacheParts {
  /** The states of these people in the order asked; a person never seen has an empty one. At most 500 at a time. */
  readonly load: (userKeys: readonly string[]) => Promise<readonly ProfileState[]>;
  /** Of everything held, strings included. */
  readonly maxBytes: number;
  /** For how long what was read or written holds; short while other replicas may not be heard. */
  readonly lifeMs: () => number;
  readonly clock: Clock;
}

export interface ProfileCacheStats {
  readonly hits: number;
  readonly misses: number;
  readonly entries: number;
  /** As counted, shared strings included. */
  readonly bytes: number;
  /** Entries that had to go for want of room. */
  readonly evictions: number;
}

interface Entry {
  readonly bytes: Uint8Array;
  readonly version: number;
  /** The state is no older than this. */
  readonly asOfMs: number;
}

/** Before every change there was: as if the store had been asked before all of them. */
const OVERTAKEN = -1;

/** A read of one person from the store, under way or about to be. */
interface Flight {
  /** Where the changes elsewhere stood when the store was asked; Infinity before. */
  since: number;
  readonly state: Promise<ProfileState>;
}

/**
 * The profiles of active people, in front of the store: in few bytes each, bounded in bytes all together,
 * the least recently used out first.
 *
 * What the store is asked in one tick goes to it as one query, and never is one person read twice at a
 * time. A read that was overtaken, by a write or by word of one elsewhere, still answers whoever asked
 * before; it is not kept, and whoever asks afterwards waits for a read that began afterwards.
 *
 * Strings that the profiles share are never let go one by one. When they fill their part of the memory,
 * as after months of new markets, everything is dropped together and begins anew.
 */
export class ProfileCache {
  readonly #strings = new StringTable();
  readonly #codec = new ProfileCodec(this.#strings);
  readonly #entries: LRUCache<string, Entry>;
  readonly #maxStringBytes: number;
  readonly #batches: DataLoader<string, ProfileState>;
  readonly #flights = new Map<string, Flight>();
  readonly #changesElsewhere = new RecentChanges();
  #hits = 0;
  #misses = 0;
  #evictions = 0;

  constructor(private readonly parts: ProfileCacheParts) {
    this.#maxStringBytes = Math.ceil(parts.maxBytes * STRINGS_SHARE);
    this.#entries = new LRUCache({
      maxSize: parts.maxBytes - this.#maxStringBytes,
      sizeCalculation: sizeOf,
      dispose: (_entry, _userKey, reason) => {
        if (reason === 'evict') this.#evictions++;
      },
    });
    this.#batches = new DataLoader((userKeys) => parts.load(userKeys), {
      cache: false,
      maxBatchSize: MAX_BATCH,
    });
  }

  /** A person's state if it is in memory and still holds; costs no reading. */
  held(userKey: string): ProfileState | undefined {
    const entry = this.#entries.get(userKey);
    if (entry === undefined || this.parts.clock() - entry.asOfMs >= this.parts.lifeMs()) return undefined;
    this.#hits++;
    return this.#codec.decode(userKey, entry.bytes);
  }

  /** A person's state, from memory or the store; rejects as the store does, and then asks anew the next time. */
  get(userKey: string): Promise<ProfileState> {
    const held = this.held(userKey);
    if (held !== undefined) return Promise.resolve(held);
    this.#misses++;
    return this.#read(userKey);
  }

  /** The states of these people in the order asked. */
  getMany(userKeys: readonly string[]): Promise<ProfileState[]> {
    return Promise.all(userKeys.map((userKey) => this.get(userKey)));
  }

  /** What is in memory of a person, however old: good for nothing unless its version is checked in the store. */
  lastSeen(userKey: string): ProfileState | undefined {
    const entry = this.#entries.peek(userKey);
    return entry === undefined ? undefined : this.#codec.decode(userKey, entry.bytes);
  }

  /** Where the changes elsewhere stand; to be asked before a transaction begins, and given to {@link put}. */
  get position(): number {
    return this.#changesElsewhere.position;
  }

  /**
   * Takes in what a transaction of this process committed.
   *
   * @param since the {@link position} from before the transaction. When the person was invalidated since then,
   *   another replica may have committed later still, so the state is not kept. Without it, it is.
   */
  put(state: ProfileState, since = this.position): void {
    const { userKey, version } = state;
    const held = this.#entries.peek(userKey);
    if (held !== undefined && held.version > version) return;
    const flight = this.#flights.get(userKey);
    if (flight !== undefined && flight.since !== Infinity) flight.since = OVERTAKEN;
    if (this.#changesElsewhere.changedSince(userKey, since)) this.#entries.delete(userKey);
    else this.#keep(state, this.parts.clock());
  }

  /** Whether the cache may hold, or be about to hold, an older version of a user's profile than this one. */
  isBehind(userKey: string, version: number): boolean {
    return (this.#entries.peek(userKey)?.version ?? -1) < version;
  }

  /** These people changed elsewhere. */
  invalidate(userKeys: Iterable<string>): void {
    for (const userKey of userKeys) {
      this.#changesElsewhere.note(userKey);
      this.#entries.delete(userKey);
    }
  }

  /** Anybody may have changed elsewhere. */
  clear(): void {
    this.#changesElsewhere.noteEveryone();
    this.#forgetEverything();
  }

  get stats(): ProfileCacheStats {
    return {
      hits: this.#hits,
      misses: this.#misses,
      entries: this.#entries.size,
      bytes: this.#entries.calculatedSize + this.#strings.bytes,
      evictions: this.#evictions,
    };
  }

  #read(userKey: string): Promise<ProfileState> {
    const last = this.#flights.get(userKey);
    if (last !== undefined && !this.#changesElsewhere.changedSince(userKey, last.since)) return last.state;
    const begin = async (): Promise<ProfileState> => {
      flight.since = this.#changesElsewhere.position;
      const asOfMs = this.parts.clock();
      const state = await this.#batches.load(userKey);
      if (!this.#changesElsewhere.changedSince(userKey, flight.since)) this.#keep(state, asOfMs);
      return state;
    };
    const flight: Flight = {
      since: Infinity,
      state: (last?.state ?? Promise.resolve()).then(begin, begin).finally(() => {
        if (this.#flights.get(userKey) === flight) this.#flights.delete(userKey);
      }),
    };
    this.#flights.set(userKey, flight);
    return flight.state;
  }

  #keep(state: ProfileState, asOfMs: number): void {
    if (this.#strings.bytes >= this.#maxStringBytes) {
      this.#evictions += this.#entries.size;
      this.#forgetEverything();
    }
    const bytes = this.#codec.encode(state);
    this.#entries.set(ownCopy(state.userKey), { bytes, version: state.version, asOfMs });
  }

  #forgetEverything(): void {
    this.#entries.clear();
    this.#strings.clear();
  }
}

/** Characters are counted with two bytes each, which is what they take at most. */
function sizeOf({ bytes }: Entry, userKey: string): number {
  const bufferBytes = bytes.length === 0 ? 0 : BUFFER_OVERHEAD_BYTES + bytes.length;
  return ENTRY_OVERHEAD_BYTES + 2 * userKey.length + bufferBytes;
}

/** A part cut out of a text keeps all of the text in memory; a key cut out of a query would keep the query. */
function ownCopy(text: string): string {
  return Buffer.from(text, 'utf16le').toString('utf16le');
}
