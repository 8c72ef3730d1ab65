import type { Catalog } from '../../catalog/catalog.js';
import { toEntry, type CatalogEntry } from '../../catalog/catalog-snapshot.js';
import { CircuitBreaker, type CallResult } from '../../lib/circuit-breaker.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import { withDependencyTimeout } from '../../lib/dependency-timeout.js';
import type { ProfileHydrator, ProfileReader } from './profile.js';
import { UnreadableProfile, type ProfileState } from '../../domain/profile.js';

/** Markets by id. */
export interface FoundMarkets {
  readonly byId: ReadonlyMap<string, CatalogEntry>;
  /** Whether some of them could not be looked up. */
  readonly degraded: boolean;
}

/**
 * Reads what a ranking waits for: the profile of the user, and markets that are not in memory. A read that the database does
 * not answer within `timeoutMs` fails, and a circuit breaker stops reads of a failing dependency.
 */
export class Hydrator {
  readonly #profiles: CircuitBreaker;
  readonly #markets: CircuitBreaker;

  constructor(
    private readonly deps: {
      catalog: Pick<Catalog, 'snapshot' | 'findByIds'>;
      profiles: ProfileReader;
      timeoutMs: () => number;
      /** Whether the database has not responded for this many milliseconds. */
      isStalled: (forMs: number) => boolean;
      clock: Clock;
      logger: Logger;
    },
  ) {
    const { clock, logger } = deps;
    this.#profiles = new CircuitBreaker({ name: 'profiles', clock, logger });
    this.#markets = new CircuitBreaker({ name: 'closed markets', clock, logger });
  }

  /** Returns the version of the profile if it is cached and current. */
  cachedVersion(userKey: string): number | undefined {
    return this.deps.profiles.cachedVersion(userKey);
  }

  async profile(userKey: string, part: ProfileHydrator): Promise<CallResult<ProfileState>> {
    const { profiles } = this.deps;
    const cached = part.cached(profiles, userKey);
    if (cached !== undefined) return { failed: false, value: cached };
    const reading = await this.#profiles.call(() =>
      this.#inTime(() => this.#decodable(part.read(profiles, userKey))),
    );
    if (reading.failed || reading.value === undefined) return { failed: true };
    return { failed: false, value: reading.value };
  }

  /** Returns the markets that exist, open or not: those that are not open from the database. */
  async markets(ids: readonly string[]): Promise<FoundMarkets> {
    const { catalog } = this.deps;
    const open = catalog.snapshot.byId;
    const byId = new Map<string, CatalogEntry>();
    for (const id of ids) {
      const entry = open.get(id);
      if (entry !== undefined) byId.set(id, entry);
    }
    const others = ids.filter((id) => !byId.has(id));
    if (others.length === 0) return { byId, degraded: false };
    const reading = await this.#markets.call(() => this.#inTime(() => catalog.findByIds(others)));
    if (reading.failed) return { byId, degraded: true };
    for (const market of reading.value) if (market !== undefined) byId.set(market.id, toEntry(market));
    return { byId, degraded: false };
  }

  #inTime<Result>(read: () => Promise<Result>): Promise<Result> {
    const { timeoutMs, isStalled } = this.deps;
    return withDependencyTimeout(read, timeoutMs(), isStalled);
  }

  /** Undefined for a profile that cannot be decoded: the breaker counts failures of the database, not of one user. */
  async #decodable(profile: Promise<ProfileState>): Promise<ProfileState | undefined> {
    try {
      return await profile;
    } catch (error) {
      if (!(error instanceof UnreadableProfile)) throw error;
      this.deps.logger.warn({ err: error }, 'failed to decode a profile; its user gets degraded feeds');
      return undefined;
    }
  }
}
