import type { Clock } from '../config/clock.js';
import type { RankingConfig } from '../config/ranking-schema.js';
import type { Logger } from '../observability/logger.js';
import type { TrendRow } from '../repositories/interaction-repository.js';
import type { Store, Transaction } from '../repositories/store.js';
import type { MarketAttention, TrendingScore } from '../repositories/trending-repository.js';
import { normalizeScores } from '../scoring/normalize-scores.js';
import { GLOBAL_SCOPE, localScope, TrendState } from './trend-state.js';

const DAY_MS = 24 * 3_600_000;

/** Exposure is counted over this time: a market that nobody was shown for as long is unknown again. */
const EXPOSURE_WINDOW_MS = 7 * DAY_MS;

/** Attention reads weeks of events and moves slowly, so it is computed less often than the trends. */
const ATTENTION_EVERY_MS = 10 * 60_000;

/** More people than there are in any country. */
const NO_LOCAL_SCOPES = 2 ** 31 - 1;

/** Trends: computed on a schedule from what is stored, read from memory at request time. */
export class TrendService {
  #state = new TrendState({ scopes: new Map(), probabilities24hAgo: new Map(), attention: new Map() }, 0);

  constructor(
    private readonly parts: {
      store: Pick<Store, 'transaction' | 'trending' | 'markets'>;
      config: () => RankingConfig['trending'];
      clock: Clock;
      logger: Logger;
    },
  ) {}

  /** The trends as last taken into memory. */
  get state(): TrendState {
    return this.#state;
  }

  /**
   * Computes the trends and takes them into memory. While another process computes them, its last
   * result is taken instead.
   */
  async refresh(): Promise<void> {
    const nowMs = this.parts.clock();
    await this.parts.store.transaction(async ({ trending, interactions }) => {
      if (!(await trending.tryLock())) return;
      const { windowHours, halfLifeHours, userCap, minLocalUsers } = this.parts.config();
      const sums = await interactions.trendSums({
        now: new Date(nowMs),
        since: new Date(nowMs - windowHours * 3_600_000),
        halfLifeMs: halfLifeHours * 3_600_000,
        userCap,
        minLocalUsers,
      });
      await trending.replaceAll(toScores(sums), new Date(nowMs));
    });
    // On its own: it reads weeks of events, and whatever becomes of it, the trends are stored.
    await this.parts.store.transaction(async ({ trending, interactions }) => {
      if (!(await trending.tryLock())) return;
      await computeAttention({ trending, interactions }, this.parts.config(), nowMs);
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
    const attention = new Map((await store.trending.attention()).map((row) => [row.marketId, row]));
    const computedAt = await store.trending.computedAt();
    this.#state = new TrendState({ scopes, probabilities24hAgo, attention }, computedAt?.getTime() ?? 0);
    this.parts.logger.debug({ scopes: scopes.size }, 'trends loaded');
  }
}

/** Counts anew how much the crowd had to do with each market lately, unless that was done a little while ago. */
async function computeAttention(
  { trending, interactions }: Pick<Transaction, 'trending' | 'interactions'>,
  { popularity: { windowDays, halfLifeDays }, userCap }: RankingConfig['trending'],
  nowMs: number,
): Promise<void> {
  const computedAt = await trending.attentionComputedAt();
  if (computedAt !== null && nowMs - computedAt.getTime() < ATTENTION_EVERY_MS) return;
  const attention = new Map<string, MarketAttention>();
  for (const counts of await trending.exposureCounts(new Date(nowMs - EXPOSURE_WINDOW_MS))) {
    attention.set(counts.marketId, { ...counts, popularity: 0 });
  }
  const sums = await interactions.trendSums({
    now: new Date(nowMs),
    since: new Date(nowMs - windowDays * DAY_MS),
    halfLifeMs: halfLifeDays * DAY_MS,
    userCap,
    minLocalUsers: NO_LOCAL_SCOPES,
  });
  for (const { marketId, sum } of sums) {
    const counts = attention.get(marketId) ?? { marketId, impressions: 0, clicks: 0 };
    attention.set(marketId, { ...counts, popularity: sum / userCap });
  }
  await trending.replaceAttention([...attention.values()], new Date(nowMs));
}

function toScores(rows: readonly TrendRow[]): TrendingScore[] {
  const scopes = new Map<string, Map<string, number>>();
  for (const { country, marketId, sum } of rows) {
    const scope = country === null ? GLOBAL_SCOPE : localScope(country);
    let sums = scopes.get(scope);
    if (sums === undefined) scopes.set(scope, (sums = new Map<string, number>()));
    sums.set(marketId, sum);
  }
  return [...scopes].flatMap(([scope, sums]) =>
    [...normalizeScores(sums)].map(([marketId, score]) => ({ scope, marketId, score })),
  );
}
