import type { Clock } from '../config/clock.js';
import type { RankingConfig } from '../config/ranking-schema.js';
import type { Logger } from '../observability/logger.js';
import type { TrendRow } from '../repositories/interaction-repository.js';
import type { Store } from '../repositories/store.js';
import type { TrendingScore } from '../repositories/trending-repository.js';
import { normalizeScores } from '../scoring/normalize-scores.js';
import type { TrendLookup } from '../scoring/types.js';

/** What the crowd does, as last computed. */
interface TrendSnapshot {
  /** Scores 0–1 by market, of each scope in use: `global`, `local:<CC>`. Highest first. */
  readonly scopes: ReadonlyMap<string, ReadonlyMap<string, number>>;
  readonly probabilities24hAgo: ReadonlyMap<string, number>;
}

/** The trend of a country, or of everyone. */
export interface TrendScope {
  /** `global` or `local:<CC>`. */
  readonly scope: string;
  /** 0–1 by market, highest first. */
  readonly scores: ReadonlyMap<string, number>;
}

const GLOBAL = 'global';
const DAY_MS = 24 * 3_600_000;

const localScope = (country: string): string => `local:${country}`;

/** Trends: computed on a schedule from what is stored, read from memory at request time. */
export class TrendService {
  #snapshot: TrendSnapshot = { scopes: new Map(), probabilities24hAgo: new Map() };

  constructor(
    private readonly parts: {
      store: Pick<Store, 'transaction' | 'trending' | 'markets'>;
      config: RankingConfig['trending'];
      clock: Clock;
      logger: Logger;
    },
  ) {}

  /**
   * Computes the trends and takes them into memory. While another process computes them, its last
   * result is taken instead.
   */
  async refresh(): Promise<void> {
    const nowMs = this.parts.clock();
    await this.parts.store.transaction(async ({ trending, interactions }) => {
      if (!(await trending.tryLock())) return;
      const { windowHours, halfLifeHours, userCap, minLocalUsers } = this.parts.config;
      const sums = await interactions.trendSums({
        now: new Date(nowMs),
        since: new Date(nowMs - windowHours * 3_600_000),
        halfLifeMs: halfLifeHours * 3_600_000,
        userCap,
        minLocalUsers,
      });
      await trending.replaceAll(toScores(sums), new Date(nowMs));
    });
    await this.load();
  }

  /** Takes the trends that are stored into memory. */
  async load(): Promise<void> {
    const { store, clock } = this.parts;
    const scopes = new Map<string, Map<string, number>>();
    for (const { scope, marketId, score } of await store.trending.all()) {
      let scores = scopes.get(scope);
      if (scores === undefined) scopes.set(scope, (scores = new Map<string, number>()));
      scores.set(marketId, score);
    }
    const probabilities24hAgo = await store.markets.probabilitiesAt(new Date(clock() - DAY_MS));
    this.#snapshot = { scopes, probabilities24hAgo };
    this.parts.logger.debug({ scopes: scopes.size }, 'trends loaded');
  }

  /** How markets trend for a caller in this country, from one consistent state. */
  reader(country: string | null): TrendLookup {
    const { scopes, probabilities24hAgo } = this.#snapshot;
    const global = scopes.get(GLOBAL);
    const local = country === null ? undefined : scopes.get(localScope(country));
    return {
      trendingGlobal: (marketId) => global?.get(marketId) ?? 0,
      trendingLocal: local === undefined ? () => null : (marketId) => local.get(marketId) ?? 0,
      probability24hAgo: (marketId) => probabilities24hAgo.get(marketId) ?? null,
    };
  }

  /** The trend of a country when its own is in use, else of everyone. */
  scopeFor(country: string | null): TrendScope {
    const { scopes } = this.#snapshot;
    const local = country === null ? undefined : localScope(country);
    const scope = local !== undefined && scopes.has(local) ? local : GLOBAL;
    return { scope, scores: scopes.get(scope) ?? new Map<string, number>() };
  }
}

function toScores(rows: readonly TrendRow[]): TrendingScore[] {
  const scopes = new Map<string, Map<string, number>>();
  for (const { country, marketId, sum } of rows) {
    const scope = country === null ? GLOBAL : localScope(country);
    let sums = scopes.get(scope);
    if (sums === undefined) scopes.set(scope, (sums = new Map<string, number>()));
    sums.set(marketId, sum);
  }
  return [...scopes].flatMap(([scope, sums]) =>
    [...normalizeScores(sums)].map(([marketId, score]) => ({ scope, marketId, score })),
  );
}
