import type { Catalog } from '../catalog/catalog.js';
import { toEntry } from '../catalog/catalog-snapshot.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import { UnreadableProfile, type FullProfile, type ProfileState } from '../profiles/profile-service.js';
import { Breaker, type Reading } from './breaker.js';
import type { Candidate } from './candidate.js';
import { inTime } from './in-time.js';

/** Reads the profile of a user; reads of the same tick may be batched. */
export interface LoadProfile {
  readonly hot: (userKey: string) => Promise<ProfileState>;
  /** With the lifetime sums, which algorithm v1 reads. */
  readonly full: (userKey: string) => Promise<FullProfile>;
}

/** Returns a profile that is cached and current, which costs no read. */
export interface HeldProfiles {
  readonly hot: (userKey: string) => ProfileState | undefined;
  readonly full: (userKey: string) => FullProfile | undefined;
}

/** Markets by id, and whether some could not be looked up. */
export interface FoundMarkets {
  readonly byId: ReadonlyMap<string, Candidate>;
  readonly degraded: boolean;
}

/**
 * Reads what a ranking waits for: the person's profile, and markets that are not in memory. What does not come in time
 * is left out; a part that is dead is asked no more until it is back.
 */
export class Hydrator {
  readonly #profiles: Breaker;
  readonly #markets: Breaker;

  constructor(
    private readonly deps: {
      catalog: Pick<Catalog, 'snapshot' | 'findByIds'>;
      heldProfiles: HeldProfiles;
      timeoutMs: () => number;
      clock: Clock;
      logger: Logger;
    },
  ) {
    const { clock, logger } = deps;
    this.#profiles = new Breaker({ name: 'profiles', clock, logger });
    this.#markets = new Breaker({ name: 'markets that are not open', clock, logger });
  }

  /** @param part `full` for algorithm v1. */
  async profile(
    userKey: string,
    part: keyof LoadProfile,
    loadProfile: LoadProfile,
  ): Promise<Reading<ProfileState>> {
    const held = this.deps.heldProfiles[part](userKey);
    if (held !== undefined) return { failed: false, value: held };
    const reading = await this.#profiles.read(() =>
      inTime(() => this.#readable(loadProfile[part](userKey)), this.deps.timeoutMs()),
    );
    if (reading.failed || reading.value === undefined) return { failed: true };
    return { failed: false, value: reading.value };
  }

  /** Undefined for a profile that cannot be decoded: the breaker counts failures of the store, not of one user. */
  async #readable(profile: Promise<ProfileState>): Promise<ProfileState | undefined> {
    try {
      return await profile;
    } catch (error) {
      if (!(error instanceof UnreadableProfile)) throw error;
      this.deps.logger.warn({ err: error }, 'failed to decode a profile; its user gets degraded feeds');
      return undefined;
    }
  }

  /** The markets that there are, open or not: from memory and, those not open, from the store. */
  async markets(ids: readonly string[]): Promise<FoundMarkets> {
    const { catalog, timeoutMs } = this.deps;
    const held = catalog.snapshot.byId;
    const byId = new Map<string, Candidate>();
    for (const id of ids) {
      const entry = held.get(id);
      if (entry !== undefined) byId.set(id, entry);
    }
    const others = ids.filter((id) => !byId.has(id));
    if (others.length === 0) return { byId, degraded: false };
    const reading = await this.#markets.read(() => inTime(() => catalog.findByIds(others), timeoutMs()));
    if (reading.failed) return { byId, degraded: true };
    for (const market of reading.value) if (market !== undefined) byId.set(market.id, toEntry(market));
    return { byId, degraded: false };
  }
}
