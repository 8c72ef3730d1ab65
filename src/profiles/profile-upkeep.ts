import type { RankingConfig } from '../config/schema/ranking-schema.js';
import type { DecayConfig } from '../domain/decay.js';
import { inSlices, type Work } from '../lib/event-loop.js';
import { HOUR_MS } from '../lib/time.js';
import { formatOf } from '../storage/profiles/column-codec.js';
import type { JobPositionRepository } from '../storage/job-repository.js';
import type { MarketRepository } from '../storage/markets/market-repository.js';
import type { PackedProfile, ReadProfile } from '../storage/profiles/packed-profile.js';
import type { ProfileRepository } from '../storage/profiles/profile-repository.js';
import type {
  ProfileRewriteRepository,
  RewrittenProfile,
} from '../storage/profiles/profile-rewrite-repository.js';
import { type ProfileState, UnreadableProfile } from '../domain/profile.js';
import { FORMAT_V1 } from '../storage/profiles/profile-v1.js';
import { isRolledBack } from '../storage/database-errors.js';
import { removeDecayed, removeEndedHides, type DecayLimits } from './profile-decay.js';
import type { SharedProfiles } from './shared-profiles.js';

/** Result of a run. */
export interface ProfileUpkeepResult {
  /** Examined profiles, including those of active users. */
  readonly examined: number;
  /** Profiles that were rewritten. */
  readonly changed: number;
  /** Topics removed, over all profiles. */
  readonly removedTopics: number;
  /** Profiles that cannot be decoded; they stay unchanged. */
  readonly unreadable: number;
}

/** A profile before and after its cleanup. */
interface CleanedProfile {
  readonly packed: PackedProfile;
  readonly after: ProfileState;
  readonly removedTopics: number;
}

/** Key of the stored position of an interrupted run. */
const JOB = 'profile-upkeep';

/** The cleanup skips users who were active within this time. */
const ACTIVE_MS = 24 * HOUR_MS;

/** Bounds of a page, which one statement stores. */
const PAGE_PROFILES = 200;
const PAGE_BYTES = 1024 * 1024;

/** Profiles decoded or encoded in one turn of the event loop: about 5 ms. */
const PROFILES_PER_TURN = 16;

/** After this number of recovery times an impression reduces a score by less than a millionth. */
const MAX_RECOVERY_TIMES = 20;

/**
 * Removes decayed topics, expired impressions, and hides of markets that are not open from the profiles of inactive users.
 * Rewrites profiles of an older format in the current one.
 */
export class ProfileUpkeep {
  constructor(
    private readonly deps: {
      readonly store: {
        readonly profiles: Pick<ProfileRepository, 'read'>;
        readonly profileRewrites: Pick<ProfileRewriteRepository, 'pageAfter' | 'rewrite' | 'replace'>;
        readonly markets: Pick<MarketRepository, 'tradableAmong'>;
        readonly jobPositions: JobPositionRepository;
      };
      readonly profiles: Pick<SharedProfiles, 'invalidate'>;
      readonly decay: DecayConfig;
      /** The current config. */
      readonly config: () => Pick<RankingConfig, 'profile' | 'impressions'>;
    },
  ) {}

  /**
   * Examines all profiles, page by page, from the position at which the last run was interrupted. A profile that changes
   * meanwhile is skipped, so no event is lost.
   *
   * @param options.signal ends the run after the current page; its changes stay.
   */
  async run({ now, signal }: { now: Date; signal: AbortSignal }): Promise<ProfileUpkeepResult> {
    const { profileRewrites, jobPositions } = this.deps.store;
    const total = { examined: 0, changed: 0, removedTopics: 0, unreadable: 0 };
    let last = (await jobPositions.find(JOB)) ?? '';
    while (!signal.aborted) {
      const { userKeys, hasMore } = await profileRewrites.pageAfter(last, PAGE_PROFILES, PAGE_BYTES);
      const { changed, removedTopics, unreadable } = await this.#cleanPage(userKeys, now.getTime());
      total.examined += userKeys.length;
      total.changed += changed;
      total.removedTopics += removedTopics;
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

  async #cleanPage(
    userKeys: readonly string[],
    nowMs: number,
  ): Promise<Omit<ProfileUpkeepResult, 'examined'>> {
    const { profiles, profileRewrites } = this.deps.store;
    const page: ReadProfile[] = [];
    for (const some of chunks(userKeys, PROFILES_PER_TURN)) {
      for (const read of await profiles.read(some, { lifetime: false })) {
        if (!(read instanceof UnreadableProfile)) page.push(read);
      }
    }
    const unreadable = userKeys.length - page.length;
    const tradable = await this.#tradableHidden(page);
    const cleaned = await inSlices(this.#clean(page, tradable, nowMs));
    const rewritten: RewrittenProfile[] = [];
    for (const some of chunks(cleaned, PROFILES_PER_TURN))
      rewritten.push(...(await profileRewrites.rewrite(some)));
    if (rewritten.length === 0) return { changed: 0, removedTopics: 0, unreadable };
    const stored = await this.#replace(rewritten);
    const removedByUser = new Map(
      cleaned.map(({ packed, removedTopics }) => [packed.userKey, removedTopics]),
    );
    const removedTopics = stored.reduce((sum, userKey) => sum + (removedByUser.get(userKey) ?? 0), 0);
    return { changed: stored.length, removedTopics, unreadable };
  }

  /** Cleans profiles of inactive users. @returns those that need a rewrite. */
  *#clean(
    page: readonly ReadProfile[],
    tradable: ReadonlySet<string>,
    nowMs: number,
  ): Work<CleanedProfile[]> {
    const limits = this.#limits();
    const cleaned: CleanedProfile[] = [];
    for (const { packed, profile: before } of page) {
      const isActive = nowMs - (before.lastActiveAtMs ?? -Infinity) < ACTIVE_MS;
      if (isActive || before.version === 0) continue;
      const { state, removedTopics } = removeDecayed(before, nowMs, this.deps.decay, limits);
      const after = removeEndedHides(state, tradable);
      if (after !== before || hasOldFormat(packed)) cleaned.push({ packed, after, removedTopics });
      yield;
    }
    return cleaned;
  }

  /** Returns the hidden markets of a page that are open or paused. */
  async #tradableHidden(page: readonly ReadProfile[]): Promise<ReadonlySet<string>> {
    const hidden = new Set(page.flatMap(({ profile }) => [...profile.hidden.keys()]));
    return hidden.size === 0 ? new Set() : new Set(await this.deps.store.markets.tradableAmong([...hidden]));
  }

  /** @returns the user keys of the profiles that were replaced. */
  async #replace(rewritten: readonly RewrittenProfile[]): Promise<string[]> {
    const { store, profiles } = this.deps;
    try {
      const replaced = await store.profileRewrites.replace(rewritten);
      profiles.invalidate(replaced);
      return replaced;
    } catch (error) {
      if (!isRolledBack(error)) profiles.invalidate(rewritten.map(({ userKey }) => userKey));
      throw error;
    }
  }

  #limits(): DecayLimits {
    const { profile, impressions } = this.deps.config();
    return {
      minAffinity: profile.removeTopicsBelow,
      impressionMaxAgeMs: MAX_RECOVERY_TIMES * impressions.recoveryHours * HOUR_MS,
    };
  }
}

function hasOldFormat({ state }: PackedProfile): boolean {
  return formatOf(state) === FORMAT_V1;
}

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
