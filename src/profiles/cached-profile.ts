import { NO_BYTES } from '../storage/profiles/column-codec.js';
import type { PackedProfile } from '../storage/profiles/packed-profile.js';

/** Measured overhead of an entry, without the characters of its key and its buffer. */
const ENTRY_OVERHEAD_BYTES = 260;
/** Measured overhead of a buffer: half on the heap, half in what V8 and malloc allocate outside of it. */
const BUFFER_OVERHEAD_BYTES = 420;

/** A packed profile in one buffer of its own, so that it keeps no memory of the answer in which it was read. */
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
    /** Time at which the profile was known to be current. */
    readonly asOfMs: number,
    /** The last country of the user; undefined until it is asked for. */
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

  /** Memory, at most: characters are counted with two bytes each. */
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
