import { hashUserKey } from '../domain/profile.js';

/** Hash slots that all users share; more slots make a false change rarer. */
const SLOTS = 65_536;

/**
 * Numbers the changes of profiles, to recognize reads and transactions that began before a change. In constant space:
 * users share slots by the hash of their keys. So a user may occasionally appear changed without a change, which costs
 * one read and is otherwise harmless.
 */
export class RecentChanges {
  #position = 0;
  #allUsersAt = 0;
  readonly #lastOfSlot = new Float64Array(SLOTS);

  /** The number of changes so far. */
  get position(): number {
    return this.#position;
  }

  add(userKey: string): void {
    this.#lastOfSlot[slotOf(userKey)] = ++this.#position;
  }

  addForAllUsers(): void {
    this.#allUsersAt = ++this.#position;
  }

  /** Whether the user may have changed after `position`. */
  changedSince(userKey: string, position: number): boolean {
    return Math.max(this.#allUsersAt, this.#lastOfSlot[slotOf(userKey)] ?? 0) > position;
  }
}

function slotOf(userKey: string): number {
  return hashUserKey(userKey) & (SLOTS - 1);
}
