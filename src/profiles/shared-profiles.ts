import type { PackedProfile } from '../storage/profiles/packed-profile.js';
import type { AppendedProfile } from '../storage/events/recording.js';
import type { ProfileCache } from './profile-cache.js';

/** The profiles as this replica sees them: it caches its own changes at once, and notifies the other replicas. */
export class SharedProfiles {
  constructor(
    private readonly deps: {
      cache: Pick<ProfileCache, 'position' | 'append' | 'put' | 'isBehind' | 'countriesOf'>;
      /** Makes this replica read these profiles again. */
      invalidate: (userKeys: readonly string[]) => void;
      /** Makes the other replicas read these profiles again. */
      publish: (userKeys: readonly string[]) => void;
      /** Receives the users whose profiles a commit of this replica changed. */
      onChanged: (userKeys: readonly string[]) => void;
    },
  ) {}

  /** The position of the changes, to be read before a transaction begins. */
  get position(): number {
    return this.deps.cache.position;
  }

  /** Returns the last countries of users. */
  countriesOf(userKeys: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    return this.deps.cache.countriesOf(userKeys);
  }

  /**
   * Applies what a transaction of this replica committed.
   *
   * @param since the {@link position} from before the transaction.
   */
  appended(profiles: readonly AppendedProfile[], since: number): void {
    if (profiles.length === 0) return;
    for (const profile of profiles) this.deps.cache.append(profile, since);
    const userKeys = profiles.map(({ userKey }) => userKey);
    this.deps.publish(userKeys);
    this.deps.onChanged(userKeys);
  }

  /**
   * Caches profiles in another stored form, which changes none of them.
   *
   * @param since as for {@link appended}.
   */
  compacted(profiles: readonly PackedProfile[], since: number): void {
    for (const profile of profiles) this.deps.cache.put(profile, since);
  }

  /** Makes this replica read those of these profiles again that it caches in an older version. */
  atLeast(profiles: readonly { readonly userKey: string; readonly version: number }[]): void {
    const behind = profiles.filter(({ userKey, version }) => this.deps.cache.isBehind(userKey, version));
    if (behind.length > 0) this.deps.invalidate(behind.map(({ userKey }) => userKey));
  }

  /** Makes every replica read these profiles again: after a rewrite, and after a transaction of unknown outcome. */
  mayHaveChanged(userKeys: readonly string[]): void {
    if (userKeys.length === 0) return;
    this.deps.invalidate(userKeys);
    this.deps.publish(userKeys);
  }
}
