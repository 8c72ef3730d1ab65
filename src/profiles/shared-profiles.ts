import type { ProfileState } from '../repositories/profile-state.js';
import type { ProfileCache } from './profile-cache.js';

/**
 * The profiles as this replica sees them: what it changes goes into its own cache at once, and the other
 * replicas are told.
 */
export class SharedProfiles {
  constructor(
    private readonly parts: {
      cache: Pick<ProfileCache, 'lastSeen' | 'position' | 'put' | 'invalidate'>;
      /** Tells the other replicas whose profiles changed. */
      tell: (userKeys: readonly string[]) => void;
      /** Told what changed here, once it shows here. */
      onChanged: (states: readonly ProfileState[]) => void;
    },
  ) {}

  /** What is in memory of a person: good only if its version is that of the store. */
  lastSeen(userKey: string): ProfileState | undefined {
    return this.parts.cache.lastSeen(userKey);
  }

  /** Where the changes stand; to be asked before a transaction begins. */
  get position(): number {
    return this.parts.cache.position;
  }

  /**
   * Takes in what a transaction committed.
   *
   * @param since the {@link position} from before the transaction.
   */
  changed(states: readonly ProfileState[], since: number): void {
    for (const state of states) this.parts.cache.put(state, since);
    if (states.length === 0) return;
    this.parts.tell(states.map(({ userKey }) => userKey));
    this.parts.onChanged(states);
  }

  /**
   * Takes in that profiles of people who are not active were stored anew. Whoever is in memory is read again when they
   * come back; nobody takes the room of an active person by it.
   */
  changedAside(userKeys: readonly string[]): void {
    if (userKeys.length === 0) return;
    this.parts.cache.invalidate(userKeys);
    this.parts.tell(userKeys);
  }
}
