/** The user opted out of personalization. */
export const OPTED_OUT = 1;
/** The user, if opted out, lets events count in trends without the key. */
export const CONSENTS = 2;
/** The user was erased, and the key is still blocked. */
export const ERASED = 4;
/** The key was merged into another user. */
export const MERGED = 8;

/** In a change: the retirement of the key has ended, and the other flags stay. */
export const RELEASED = 16;

/** Initial number of slots; a power of 2, as every later one. */
const MIN_SLOTS = 1_024;

/** No pseudonym has this hash: it marks an unused slot. */
const UNUSED = 0n;

/**
 * The flags of all users who have any, by a hash of their pseudonym: 18 to 36 bytes for each, and up to 72 after others
 * lost theirs. So a million users take at most 72 MB. An open-addressing hash table without the keys.
 *
 * A user without flags gets those of another only if 64 bits of their pseudonyms are equal. For 10 million users with flags
 * among a billion, the expected number of such users is 0.0005.
 */
export class UserFlags {
  #hashes = new BigUint64Array(MIN_SLOTS);
  #flags = new Uint8Array(MIN_SLOTS);
  #used = 0;

  /** Whether no user ever had flags. */
  get isEmpty(): boolean {
    return this.#used === 0;
  }

  /** @param pseudonym as `userPseudonym` creates it. @returns 0 for a user without flags. */
  get(pseudonym: string): number {
    return this.#flags[this.#slotOf(hashOf(pseudonym))] ?? 0;
  }

  set(pseudonym: string, flags: number): void {
    const hash = hashOf(pseudonym);
    const slot = this.#slotOf(hash);
    if (this.#hashes[slot] === UNUSED) {
      if (flags === 0) return;
      if (2 * (this.#used + 1) > this.#hashes.length) {
        this.#makeRoom();
        this.set(pseudonym, flags);
        return;
      }
      this.#hashes[slot] = hash;
      this.#used += 1;
    }
    this.#flags[slot] = flags;
  }

  /** Returns the slot of a hash, or the one that it would take. */
  #slotOf(hash: bigint): number {
    const mask = this.#hashes.length - 1;
    let slot = Number(hash & BigInt(mask));
    while (this.#hashes[slot] !== UNUSED && this.#hashes[slot] !== hash) slot = (slot + 1) & mask;
    return slot;
  }

  /** Leaves out users whose flags were removed. Doubles the slots if the others take more than a quarter of them. */
  #makeRoom(): void {
    const [hashes, flags] = [this.#hashes, this.#flags];
    const users = flags.reduce((sum, kept) => sum + Number(kept !== 0), 0);
    const slots = 4 * users > flags.length ? 2 * flags.length : flags.length;
    this.#hashes = new BigUint64Array(slots);
    this.#flags = new Uint8Array(slots);
    this.#used = 0;
    for (const [index, hash] of hashes.entries()) {
      const kept = flags[index] ?? 0;
      if (kept === 0) continue;
      const slot = this.#slotOf(hash);
      this.#hashes[slot] = hash;
      this.#flags[slot] = kept;
      this.#used += 1;
    }
  }
}

/** The first 64 bits after the prefix `u_`; 0 becomes 1. */
function hashOf(pseudonym: string): bigint {
  const hash = Buffer.from(pseudonym.slice(2, 14), 'base64url').readBigUInt64LE(0);
  return hash === UNUSED ? 1n : hash;
}
