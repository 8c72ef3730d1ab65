import type { Clock } from '../config/clock.js';
import type { RankingConfig } from '../config/ranking-schema.js';
import type { ComputationName } from '../repositories/computation-repository.js';
import type { MomentumSource, StoredMomentum } from '../repositories/momentum-repository.js';
import type { Store, Transaction } from '../repositories/store.js';
import type { TrendWindow } from '../repositories/trend-sums.js';
import { momentum } from '../scoring/momentum.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Exposure is counted over this time: a market that nobody was shown for as long is unknown again. */
const EXPOSURE_WINDOW_MS = 7 * DAY_MS;

type Sources = Pick<Transaction, 'trending' | 'momentum'>;

/**
 * What is computed over all markets from what is stored, and stored: each computation is one transaction, which
 * replaces what was computed before. While another process makes the same one, nothing is done.
 */
export class TrendComputations {
  constructor(
    private readonly parts: {
      store: Pick<Store, 'transaction'>;
      config: () => RankingConfig['trending'];
      clock: Clock;
    },
  ) {}

  /** How strongly each market trends in each scope. @returns in how many scopes; null when another process does it. */
  trends(): Promise<number | null> {
    return this.#compute('trends', ({ trending }, nowMs) => {
      const { windowHours, halfLifeHours, userCap, minLocalUsers } = this.parts.config();
      const window = windowOf(nowMs, windowHours * HOUR_MS, halfLifeHours * HOUR_MS, userCap);
      return trending.replaceScores(window, minLocalUsers);
    });
  }

  /** How each market moved within a day. @returns of how many markets; null when another process does it. */
  momentum(): Promise<number | null> {
    return this.#compute('momentum', async (sources, nowMs) => {
      const rows = (await sources.momentum.sources(new Date(nowMs))).map(toStored);
      await sources.momentum.replaceAll(rows);
      return rows.length;
    });
  }

  /**
   * How much the crowd has had to do with each market of late: it reads weeks of events.
   *
   * @returns of how many markets; null when another process does it.
   */
  attention(): Promise<number | null> {
    return this.#compute('attention', ({ trending }, nowMs) => {
      const { popularity, userCap } = this.parts.config();
      const { windowDays, halfLifeDays } = popularity;
      const window = windowOf(nowMs, windowDays * DAY_MS, halfLifeDays * DAY_MS, userCap);
      return trending.replaceAttention(new Date(nowMs - EXPOSURE_WINDOW_MS), window);
    });
  }

  #compute(
    name: ComputationName,
    work: (sources: Sources, nowMs: number) => Promise<number>,
  ): Promise<number | null> {
    const nowMs = this.parts.clock();
    return this.parts.store.transaction(async (transaction) => {
      if (!(await transaction.computations.tryLock(name))) return null;
      const result = await work(transaction, nowMs);
      await transaction.computations.made(name, new Date(nowMs));
      return result;
    });
  }
}

function windowOf(nowMs: number, windowMs: number, halfLifeMs: number, userCap: number): TrendWindow {
  return { now: new Date(nowMs), since: new Date(nowMs - windowMs), halfLifeMs, userCap };
}

function toStored({
  marketId,
  views5m,
  views1h,
  views24h,
  participations5m,
  participations1h,
  participations24h,
  ...figures
}: MomentumSource): StoredMomentum {
  return {
    ...{ marketId, views5m, views1h, views24h, participations5m, participations1h, participations24h },
    ...momentum(figures),
    probability24hAgo: figures.probability24hAgo,
  };
}
