import type { PrismaClient } from '../generated/prisma/client.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

export interface TrendingScore {
  /** `global` or `local:<CC>`. */
  readonly scope: string;
  readonly marketId: string;
  /** 0–1. */
  readonly score: number;
}

/** How much the crowd has had to do with a market lately. */
export interface MarketAttention {
  readonly marketId: string;
  /** Times it was shown, and times it was opened. */
  readonly impressions: number;
  readonly clicks: number;
  /** The crowd's decayed weights, 0 and up. */
  readonly popularity: number;
}

/** One process at a time computes the trends. */
const TREND_WRITERS_LOCK = 4_201_002;

export class TrendingRepository {
  constructor(private readonly connection: Connection) {}

  /** Takes the right to compute until the transaction ends; false when another process has it. */
  async tryLock(): Promise<boolean> {
    const [row] = await this.connection.$queryRaw<{ locked: boolean }[]>`
      select pg_try_advisory_xact_lock(${TREND_WRITERS_LOCK}) as locked`;
    return row?.locked === true;
  }

  /** Puts these scores in the place of all that are stored. */
  async replaceAll(scores: readonly TrendingScore[], computedAt: Date): Promise<void> {
    await this.connection.$executeRaw`delete from trending_scores`;
    await this.connection.$executeRaw`
      insert into trending_scores (scope, market_id, score, computed_at)
      select r.scope, r."marketId", r.score, ${computedAt}
      from jsonb_to_recordset(${JSON.stringify(scores)}::jsonb) as r(scope text, "marketId" text, score float8)`;
  }

  async all(): Promise<TrendingScore[]> {
    return this.connection.$queryRaw<TrendingScore[]>`
      select scope, market_id as "marketId", score from trending_scores order by scope, score desc, market_id`;
  }

  /** When the scores were last computed; null when there are none. */
  async computedAt(): Promise<Date | null> {
    const [row] = await this.connection.$queryRaw<{ at: Date | null }[]>`
      select max(computed_at) as at from trending_scores`;
    return row?.at ?? null;
  }

  /** When the attention was last computed; null when never. */
  async attentionComputedAt(): Promise<Date | null> {
    const [row] = await this.connection.$queryRaw<{ at: Date | null }[]>`
      select max(computed_at) as at from market_attention`;
    return row?.at ?? null;
  }

  /** How often each open market was shown and opened since an instant. */
  async exposureCounts(since: Date): Promise<Omit<MarketAttention, 'popularity'>[]> {
    return this.connection.$queryRaw<MarketAttention[]>`
      select i.market_id as "marketId", count(*) filter (where i.event_type = 'IMPRESSION')::int as impressions,
        count(*) filter (where i.event_type in ('CLICK', 'VIEW_MARKET'))::int as clicks
      from interactions i join markets m on m.id = i.market_id and m.status = 'OPEN'
      where i.occurred_at >= ${since} and i.event_type in ('IMPRESSION', 'CLICK', 'VIEW_MARKET')
      group by i.market_id`;
  }

  /** Puts these in the place of all that are stored. */
  async replaceAttention(attention: readonly MarketAttention[], computedAt: Date): Promise<void> {
    await this.connection.$executeRaw`delete from market_attention`;
    await this.connection.$executeRaw`
      insert into market_attention (market_id, impressions, clicks, popularity, computed_at)
      select r."marketId", r.impressions, r.clicks, r.popularity, ${computedAt}
      from jsonb_to_recordset(${JSON.stringify(attention)}::jsonb)
        as r("marketId" text, impressions int, clicks int, popularity float8)`;
  }

  async attention(): Promise<MarketAttention[]> {
    return this.connection.$queryRaw<MarketAttention[]>`
      select market_id as "marketId", impressions, clicks, popularity from market_attention`;
  }
}
