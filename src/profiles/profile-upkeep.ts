import type { RankingConfig } from '../config/ranking-schema.js';
import { inSlices, type Work } from '../lib/in-slices.js';
import { formatOf } from '../storage/profiles/column-codec.js';
import type { JobPositionRepository } from '../storage/job-repository.js';
import type { MarketRepository } from '../storage/markets/market-repository.js';
import {
  UnreadableProfile,
  type PackedProfile,
  type ReadProfile,
} from '../storage/profiles/packed-profile.js';
import type { ProfileRepository } from '../storage/profiles/profile-repository.js';
import type {
  ProfileRewriteRepository,
  RewrittenProfile,
} from '../storage/profiles/profile-rewrite-repository.js';
import type { ProfileState } from '../domain/profile.js';
import { FORMAT_V1 } from '../storage/profiles/profile-v1.js';
import { isRolledBack } from '../storage/database-errors.js';
import { forgetEnded, forgetFaded, type FadingLimits } from './forget-faded.js';
import type { ProfileMemory } from './profile-memory.js';
import type { SharedProfiles } from './shared-profiles.js';

/** Result of a run. */
export interface ProfileUpkeepResult {
  /** Profiles that were examined, those of active users included. */
  readonly examined: number;
  /** Profiles that were stored anew. */
  readonly changed: number;
  /** Topics removed from all profiles. */
  readonly forgotten: number;
  /** Profiles that cannot be decoded, which are left as they are. */
  readonly unreadable: number;
}

/** A profile as it was read, and what it becomes. */
interface TidiedProfile {
  readonly packed: PackedProfile;
  readonly after: ProfileState;
  /** Topics removed. */
  readonly forgotten: number;
}

/** Key of the position of a run. */
const JOB = 'profile-upkeep';

const HOUR_MS = 3_600_000;

/** Profiles of users who were active within this time are left alone. */
const ACTIVE_MS = 24 * HOUR_MS;

/** Bounds of a page, which is stored with one statement. */
const PAGE_PROFILES = 200;
const PAGE_BYTES = 1024 * 1024;

/** Profiles that are read and decoded, or encoded, in one turn of the event loop: about 5 ms. */
const PROFILES_A_TURN = 16;

/** After so many recovery times an impression takes less than a millionth off a score. */
const RECOVERY_TIMES_KEPT = 20;

/**
 * Removes from the profiles of inactive users what has faded, and hides of markets that are not open any more; profiles
 * in an older format are stored in the present one.
 */
export class ProfileUpkeep {
  constructor(
    private readonly deps: {
      readonly store: {
        readonly profiles: Pick<ProfileRepository, 'read'>;
        readonly profileRewrites: Pick<ProfileRewriteRepository, 'pageAfter' | 'rewrite' | 'replace'>;
        readonly markets: Pick<MarketRepository, 'openAmong'>;
        readonly jobPositions: JobPositionRepository;
      };
      readonly profiles: Pick<SharedProfiles, 'mayHaveChanged'>;
      readonly memory: ProfileMemory;
      /** The current config. */
      readonly config: () => Pick<RankingConfig, 'profile' | 'impressions'>;
    },
  ) {}

  /**
   * Examines all profiles, page by page, from the position at which the last run was stopped. A user who is active
   * meanwhile is left alone, and no event is lost.
   *
   * @param options.signal ends the run after the page in progress; its changes are kept.
   */
  async run({ now, signal }: { now: Date; signal: AbortSignal }): Promise<ProfileUpkeepResult> {
    const { profileRewrites, jobPositions } = this.deps.store;
    const total = { examined: 0, changed: 0, forgotten: 0, unreadable: 0 };
    let last = (await jobPositions.find(JOB)) ?? '';
    while (!signal.aborted) {
      const { userKeys, hasMore } = await profileRewrites.pageAfter(last, PAGE_PROFILES, PAGE_BYTES);
      const { changed, forgotten, unreadable } = await this.#tidy(userKeys, now.getTime());
      total.examined += userKeys.length;
      total.changed += changed;
      total.forgotten += forgotten;
      total.unreadable += unreadable;
      if (!hasMore) {
        await jobPositions.clear(JOB);
        break;
      }
      last = userKeys.at(-1) ?? last;
      await jobPositions.save(JOB, last);
    }
    return total;
  }

  async #tidy(userKeys: readonly string[], nowMs: number): Promise<Omit<ProfileUpkeepResult, 'examined'>> {
    const { profiles, profileRewrites } = this.deps.store;
    const page: ReadProfile[] = [];
    for (const some of chunks(userKeys, PROFILES_A_TURN)) {
      for (const read of await profiles.read(some, { lifetime: false })) {
        if (!(read instanceof UnreadableProfile)) page.push(read);
      }
    }
    const unreadable = userKeys.length - page.length;
    const open = await this.#openHidden(page);
    const tidied = await inSlices(this.#tidyWork(page, open, nowMs));
    const rewritten: RewrittenProfile[] = [];
    for (const some of chunks(tidied, PROFILES_A_TURN))
      rewritten.push(...(await profileRewrites.rewrite(some)));
    if (rewritten.length === 0) return { changed: 0, forgotten: 0, unreadable };
    const stored = await this.#replace(rewritten);
    const forgottenBy = new Map(tidied.map(({ packed, forgotten }) => [packed.userKey, forgotten]));
    const forgotten = stored.reduce((sum, userKey) => sum + (forgottenBy.get(userKey) ?? 0), 0);
    return { changed: stored.length, forgotten, unreadable };
  }

  /** Profiles of inactive users as they become, unless they stay as they are. */
  *#tidyWork(page: readonly ReadProfile[], open: ReadonlySet<string>, nowMs: number): Work<TidiedProfile[]> {
    const limits = this.#limits();
    const tidied: TidiedProfile[] = [];
    for (const { packed, profile: before } of page) {
      const isActive = nowMs - (before.lastActiveAtMs ?? -Infinity) < ACTIVE_MS;
      if (isActive || before.version === 0) continue;
      const { state, forgotten } = forgetFaded(before, nowMs, this.deps.memory, limits);
      const after = forgetEnded(state, open);
      if (after !== before || isOutdated(packed)) tidied.push({ packed, after, forgotten });
      yield;
    }
    return tidied;
  }

  /** Those of the hidden markets that are open. */
  async #openHidden(page: readonly ReadProfile[]): Promise<ReadonlySet<string>> {
    const hidden = new Set(page.flatMap(({ profile }) => [...profile.hidden.keys()]));
    return hidden.size === 0 ? new Set() : new Set(await this.deps.store.markets.openAmong([...hidden]));
  }

  /** @returns the user keys of the profiles that were replaced. */
  async #replace(rewritten: readonly RewrittenProfile[]): Promise<string[]> {
    const { store, profiles } = this.deps;
    try {
      const replaced = await store.profileRewrites.replace(rewritten);
      profiles.mayHaveChanged(replaced);
      return replaced;
    } catch (error) {
      if (!isRolledBack(error)) profiles.mayHaveChanged(rewritten.map(({ userKey }) => userKey));
      throw error;
    }
  }

  #limits(): FadingLimits {
    const { profile, impressions } = this.deps.config();
    return {
      forgetBelow: profile.forgetBelow,
      impressionsKeptMs: RECOVERY_TIMES_KEPT * impressions.recoveryHours * HOUR_MS,
    };
  }
}

function isOutdated({ state }: PackedProfile): boolean {
  return formatOf(state) === FORMAT_V1;
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
