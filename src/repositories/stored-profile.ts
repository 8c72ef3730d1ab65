import { CodecReader } from './codec-reader.js';
import { CodecWriter } from './codec-writer.js';
import { packProfile, unpackProfile } from './packed-profile.js';
import type { ProfileState } from './profile-state.js';

/** How the bytes are arranged. Another arrangement gets another number; both are read from then on. */
const FORMAT = 1;

const writer = new CodecWriter();

/**
 * A profile as the store keeps it, which needs nothing else to be read: the format's number, the strings, each with
 * its length in bytes before it, and the packed profile.
 */
export function encodeStoredProfile(state: ProfileState): Uint8Array {
  const { strings, bytes } = packProfile(state);
  writer.whole(FORMAT);
  writer.list(strings, (text) => {
    writer.utf8(text);
  });
  writer.raw(bytes);
  return writer.take().bytes;
}

/** @throws {Error} naming the format when it is not known here. */
export function decodeStoredProfile(userKey: string, version: number, stored: Uint8Array): ProfileState {
  const reader = new CodecReader(stored);
  const format = reader.whole();
  if (format !== FORMAT) {
    throw new Error(
      `A profile is stored in format ${format}, which this version of the gateway does not know; it knows ${FORMAT}.`,
    );
  }
  const strings = reader.list(() => reader.utf8());
  return unpackProfile(userKey, version, { strings, bytes: stored.subarray(reader.position) });
}
