import type { PrismaClient } from '../generated/prisma/client.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

export interface TrendingScore {
  /** `global` or `local:<CC>`. */
  readonly scope: string;
  readonly marketId: string;
  /** 0–1. */
  readonly score: number;
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
}
