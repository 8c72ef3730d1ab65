import type { RankingConfig } from '../config/ranking-schema.js';
import type { ProfileRepository } from '../repositories/profile-repository.js';
import type { ProfileState } from '../repositories/profile-state.js';
import { isRolledBack } from '../repositories/unavailable.js';
import { forgetFaded, type FadingLimits } from './forget-faded.js';
import type { ProfileMemory } from './profile-memory.js';
import type { SharedProfiles } from './shared-profiles.js';

/** What a run did. */
export interface ProfileUpkeepResult {
  /** People looked at, those who are active included. */
  readonly looked: number;
  /** Profiles that were stored anew. */
  readonly changed: number;
  /** Topics forgotten, of all people. */
  readonly forgotten: number;
}

const HOUR_MS = 3_600_000;
const ACTIVE_MS = 24 * HOUR_MS;

/** So few that they take little memory, and that storing them holds up an event of theirs for milliseconds. */
const PEOPLE_AT_ONCE = 200;

/** After so many recovery times a showing takes less than a millionth off a score. */
const RECOVERY_TIMES_KEPT = 20;

/**
 * Forgets what has faded from the profiles of people who are not active, so that they stay small: see
 * {@link forgetFaded}.
 */
export class ProfileUpkeep {
  constructor(
    private readonly parts: {
      readonly store: { readonly profiles: Pick<ProfileRepository, 'keysAfter' | 'load' | 'replace'> };
      readonly profiles: Pick<SharedProfiles, 'mayHaveChanged'>;
      readonly memory: ProfileMemory;
      /** As it is now. */
      readonly config: () => Pick<RankingConfig, 'profile' | 'impressions'>;
    },
  ) {}

  /**
   * Looks at everybody, page by page. A person who does something meanwhile is left alone, and nothing of it is lost.
   *
   * @param options.signal ends it after the page under way; what was done is kept.
   */
  async run({ now, signal }: { now: Date; signal: AbortSignal }): Promise<ProfileUpkeepResult> {
    const { profiles } = this.parts.store;
    let looked = 0;
    let changed = 0;
    let forgotten = 0;
    let last = '';
    while (!signal.aborted) {
      const keys = await profiles.keysAfter(last, PEOPLE_AT_ONCE);
      const page = await this.#tidy(await profiles.load(keys), now.getTime());
      looked += keys.length;
      changed += page.changed;
      forgotten += page.forgotten;
      last = keys.at(-1) ?? last;
      if (keys.length < PEOPLE_AT_ONCE) break;
    }
    return { looked, changed, forgotten };
  }

  async #tidy(
    states: readonly ProfileState[],
    nowMs: number,
  ): Promise<{ changed: number; forgotten: number }> {
    const limits = this.#limits();
    const tidied = new Map<string, { state: ProfileState; forgotten: number }>();
    for (const before of states) {
      if (nowMs - (before.lastActiveAtMs ?? -Infinity) < ACTIVE_MS) continue;
      const { state, forgotten } = forgetFaded(before, nowMs, this.parts.memory, limits);
      if (state === before) continue;
      tidied.set(before.userKey, { state: { ...state, version: before.version + 1 }, forgotten });
    }
    if (tidied.size === 0) return { changed: 0, forgotten: 0 };
    const stored = await this.#replace([...tidied.values()].map(({ state }) => state));
    const forgotten = stored.reduce((sum, userKey) => sum + (tidied.get(userKey)?.forgotten ?? 0), 0);
    return { changed: stored.length, forgotten };
  }

  /** @returns the user keys of the profiles that were replaced. */
  async #replace(states: readonly ProfileState[]): Promise<string[]> {
    const { store, profiles } = this.parts;
    try {
      const replaced = await store.profiles.replace(states);
      profiles.mayHaveChanged(replaced);
      return replaced;
    } catch (error) {
      if (!isRolledBack(error)) profiles.mayHaveChanged(states.map(({ userKey }) => userKey));
      throw error;
    }
  }

  #limits(): FadingLimits {
    const { profile, impressions } = this.parts.config();
    return {
      forgetBelow: profile.forgetBelow,
      impressionsKeptMs: RECOVERY_TIMES_KEPT * impressions.recoveryHours * HOUR_MS,
    };
  }
}
