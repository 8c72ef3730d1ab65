import type { Catalogue } from '../catalogue/catalogue.js';
import { toEntry } from '../catalogue/catalogue-snapshot.js';
import type { Clock } from '../config/clock.js';
import type { Logger } from '../observability/logger.js';
import type { ProfileState } from '../profiles/profile-service.js';
import { Breaker, type Reading } from './breaker.js';
import type { Candidate } from './candidate.js';
import { inTime } from './in-time.js';

/** Reads one person's profile; reads of the same moment may be batched. */
export type LoadProfile = (userKey: string) => Promise<ProfileState>;

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
    private readonly parts: {
      catalogue: Pick<Catalogue, 'snapshot' | 'findByIds'>;
      /** A profile that is in memory and can be used as it is, which costs no reading. */
      heldProfile: (userKey: string) => ProfileState | undefined;
      timeoutMs: () => number;
      clock: Clock;
      logger: Logger;
    },
  ) {
    const { clock, logger } = parts;
    this.#profiles = new Breaker({ name: 'profiles', clock, logger });
    this.#markets = new Breaker({ name: 'markets that are not open', clock, logger });
  }

  async profile(userKey: string, loadProfile: LoadProfile): Promise<Reading<ProfileState>> {
    const held = this.parts.heldProfile(userKey);
    if (held !== undefined) return { failed: false, value: held };
    return this.#profiles.read(() => inTime(() => loadProfile(userKey), this.parts.timeoutMs()));
  }

  /** The markets that there are, open or not: from memory and, those not open, from the store. */
  async markets(ids: readonly string[]): Promise<FoundMarkets> {
    const { catalogue, timeoutMs } = this.parts;
    const held = catalogue.snapshot.byId;
    const byId = new Map<string, Candidate>();
    for (const id of ids) {
      const entry = held.get(id);
      if (entry !== undefined) byId.set(id, entry);
    }
    const others = ids.filter((id) => !byId.has(id));
    if (others.length === 0) return { byId, degraded: false };
    const reading = await this.#markets.read(() => inTime(() => catalogue.findByIds(others), timeoutMs()));
    if (reading.failed) return { byId, degraded: true };
    for (const market of reading.value) if (market !== undefined) byId.set(market.id, toEntry(market));
    return { byId, degraded: false };
  }
}
