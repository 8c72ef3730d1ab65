import { NO_BYTES } from '../storage/profiles/column-codec.js';
import type { PackedProfile } from '../storage/profiles/packed-profile.js';

/** Measured overhead of an entry, without its buffer and the characters of its key. */
const ENTRY_OVERHEAD_BYTES = 260;
/** Measured overhead of a buffer: half on the heap, half in allocations of V8 and malloc outside of it. */
const BUFFER_OVERHEAD_BYTES = 420;

/** A packed profile, copied into its own buffer: a view would keep the whole query result in memory. */
export class CachedProfile {
  readonly version: number;
  readonly #stateVersion: number;
  readonly #bytes: Uint8Array;
  readonly #recentEnd: number;
  readonly #stateEnd: number;
  readonly #shownEnd: number;
  readonly #hasLifetime: boolean;

  constructor(
    packed: PackedProfile,
    /** When the profile was known to be current. */
    readonly asOfMs: number,
    /** The latest country of the user; undefined until a caller needs it. */
    public country?: string | null,
  ) {
    const { version, stateVersion, recent, state, shown, lifetime } = packed;
    this.version = version;
    this.#stateVersion = stateVersion;
    this.#recentEnd = recent.length;
    this.#stateEnd = this.#recentEnd + state.length;
    this.#shownEnd = this.#stateEnd + shown.length;
    this.#hasLifetime = lifetime !== null;
    const size = this.#shownEnd + (lifetime?.length ?? 0);
    this.#bytes = size === 0 ? NO_BYTES : new Uint8Array(size);
    this.#bytes.set(recent, 0);
    this.#bytes.set(state, this.#recentEnd);
    this.#bytes.set(shown, this.#stateEnd);
    if (lifetime !== null) this.#bytes.set(lifetime, this.#shownEnd);
  }

  get hasLifetime(): boolean {
    return this.#hasLifetime;
  }

  /** Upper bound of the memory in bytes: a character of the key counts as two bytes. */
  sizeUnder(userKey: string): number {
    const bufferBytes = this.#bytes.length === 0 ? 0 : BUFFER_OVERHEAD_BYTES + this.#bytes.length;
    return ENTRY_OVERHEAD_BYTES + 2 * userKey.length + bufferBytes;
  }

  packed(userKey: string): PackedProfile {
    return {
      userKey,
      version: this.version,
      stateVersion: this.#stateVersion,
      recent: this.#bytes.subarray(0, this.#recentEnd),
      state: this.#bytes.subarray(this.#recentEnd, this.#stateEnd),
      shown: this.#bytes.subarray(this.#stateEnd, this.#shownEnd),
      lifetime: this.#hasLifetime ? this.#bytes.subarray(this.#shownEnd) : null,
    };
  }
}
