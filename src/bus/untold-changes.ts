import type { Changes } from './invalidation-message.js';

/** So many keys are remembered by name: about 1 MB at most. */
const MAX_KEYS = 10_000;

/** The changes that the others have not been told of yet. Too many to remember by name become "everyone". */
export class UntoldChanges {
  #keys = new Set<string>();
  #everyone = false;

  get isEmpty(): boolean {
    return !this.#everyone && this.#keys.size === 0;
  }

  add(changes: Changes): void {
    if (this.#everyone) return;
    if (changes !== 'everyone') for (const userKey of changes) this.#keys.add(userKey);
    if (changes !== 'everyone' && this.#keys.size <= MAX_KEYS) return;
    this.#everyone = true;
    this.#keys.clear();
  }

  /** Hands over what there is, and forgets it; undefined if there is nothing. */
  take(): Changes | undefined {
    if (this.#everyone) {
      this.#everyone = false;
      return 'everyone';
    }
    if (this.#keys.size === 0) return undefined;
    const keys = [...this.#keys];
    this.#keys.clear();
    return keys;
  }
}
