import { CodecReader } from '../repositories/codec-reader.js';
import { CodecWriter } from '../repositories/codec-writer.js';
import { packProfile, unpackProfile } from '../repositories/packed-profile.js';
import { emptyProfile, type ProfileState } from '../repositories/profile-state.js';
import type { StringTable } from './string-table.js';

/** All people never seen share these. */
const NEVER_SEEN = new Uint8Array(0);

/**
 * Turns a profile into few bytes for the memory and back: packed as for the store, but for the strings, which go to
 * a table that all profiles share. So the bytes are worth something only as long as the table keeps them, and never
 * leave the process.
 */
export class ProfileCodec {
  readonly #writer = new CodecWriter();

  constructor(private readonly strings: StringTable) {}

  encode(state: ProfileState): Uint8Array {
    const { strings, bytes } = packProfile(state);
    if (state.version === 0 && bytes.length === 0) return NEVER_SEEN;
    this.#writer.whole(state.version);
    this.#writer.list(strings, (text) => {
      this.#writer.whole(this.strings.numberOf(text));
    });
    this.#writer.raw(bytes);
    return this.#writer.take().bytes;
  }

  /** @param userKey the key of the person whose state was encoded. */
  decode(userKey: string, encoded: Uint8Array): ProfileState {
    if (encoded.length === 0) return emptyProfile(userKey);
    const reader = new CodecReader(encoded);
    const version = reader.whole();
    const strings = reader.list(() => this.strings.stringOf(reader.whole()));
    return unpackProfile(userKey, version, { strings, bytes: encoded.subarray(reader.position) });
  }
}
