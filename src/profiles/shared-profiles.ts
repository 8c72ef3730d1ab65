import type { ProfileState } from '../repositories/profile-state.js';
import type { ProfileCache } from './profile-cache.js';

/** The profiles as this replica sees them: it caches its own changes at once, and notifies the other replicas. */
export class SharedProfiles {
  constructor(
    private readonly parts: {
      cache: Pick<ProfileCache, 'lastSeen' | 'position' | 'put'>;
      /** Makes this replica read these profiles again. */
      invalidate: (userKeys: readonly string[]) => void;
      /** Makes the other replicas read these profiles again. */
      publish: (userKeys: readonly string[]) => void;
      /** Receives the states that {@link changed} cached. */
      onChanged: (states: readonly ProfileState[]) => void;
    },
  ) {}

  /** The cached state of a user, of any age. It is valid only if its version is the one in the store. */
  lastSeen(userKey: string): ProfileState | undefined {
    return this.parts.cache.lastSeen(userKey);
  }

  /** The position of the changes, to be read before a transaction begins. */
  get position(): number {
    return this.parts.cache.position;
  }

  /**
   * Caches states that a transaction of this replica committed, or read while it held their profiles.
   *
   * @param since the {@link position} from before the transaction.
   */
  changed(states: readonly ProfileState[], since: number): void {
    for (const state of states) this.parts.cache.put(state, since);
    if (states.length === 0) return;
    this.parts.publish(states.map(({ userKey }) => userKey));
    this.parts.onChanged(states);
  }

  /**
   * Makes every replica read these profiles again: after changes that are not worth caching here, and after a transaction
   * of unknown outcome.
   */
  mayHaveChanged(userKeys: readonly string[]): void {
    if (userKeys.length === 0) return;
    this.parts.invalidate(userKeys);
    this.parts.publish(userKeys);
  }
}
