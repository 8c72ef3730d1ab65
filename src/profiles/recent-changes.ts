import { hashUserKey } from './user-key-hash.js';

const SLOTS = 65_536;

/**
 * The order of changes of people, so that what began before a change can be known to be out of date. In a
 * fixed space: people share slots by the hash of their keys, so now and then somebody seems to have changed
 * who did not, which costs a read and is never wrong.
 */
export class RecentChanges {
  #position = 0;
  #everyoneAt = 0;
  readonly #lastOfSlot = new Float64Array(SLOTS);

  /** How many changes there were. */
  get position(): number {
    return this.#position;
  }

  note(userKey: string): void {
    this.#lastOfSlot[slotOf(userKey)] = ++this.#position;
  }

  noteEveryone(): void {
    this.#everyoneAt = ++this.#position;
  }

  /** Whether the person may have changed after there were so many changes. */
  changedSince(userKey: string, position: number): boolean {
    return Math.max(this.#everyoneAt, this.#lastOfSlot[slotOf(userKey)] ?? 0) > position;
  }
}

function slotOf(userKey: string): number {
  return hashUserKey(userKey) & (SLOTS - 1);
}
