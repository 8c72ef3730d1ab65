import type { MarketRecord } from '../domain/market.js';
import type { Serving } from '../domain/event.js';
import type { Arms } from '../domain/experiment.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { Connection } from './sql.js';
import { selectMarketRecords, toMarketRecord, type MarketRecordRow } from './markets/market-sql.js';
import type { StoredFeed } from './served-feed-repository.js';

/** Events and states from one instant up to, but not including, another. */
export interface Period {
  readonly from: Date;
  readonly to: Date;
}

/** A stored event, with what decided the feed that it is attributed to. */
export type ExportedEvent = Prisma.InteractionGetPayload<object> & { readonly serving: Serving | null };

/** Reads all rows, page by page; each page begins after the last row of the one before. */
export class ExportRepository {
  constructor(private readonly connection: Connection) {}

  /** Markets by id, in the collation order of the database. SQL: as for every read of markets (market-sql.ts). */
  async markets(afterId: string, limit: number): Promise<MarketRecord[]> {
    const rows = await this.connection.$queryRaw<MarketRecordRow[]>`
      ${selectMarketRecords} where m.id > ${afterId} order by m.id limit ${limit}`;
    return rows.map(toMarketRecord);
  }

  /**
   * Events by `seq`.
   *
   * @param impressions true: only impressions; false: only others.
   */
  async events(
    afterSeq: bigint,
    { from, to }: Period,
    { impressions, limit }: { readonly impressions: boolean; readonly limit: number },
  ): Promise<ExportedEvent[]> {
    const rows = await this.connection.interaction.findMany({
      where: {
        seq: { gt: afterSeq },
        occurredAt: { gte: from, lt: to },
        eventType: impressions ? 'IMPRESSION' : { not: 'IMPRESSION' },
      },
      orderBy: { seq: 'asc' },
      take: limit,
    });
    const servings = await this.#servings(rows.flatMap(({ servingId }) => servingId ?? []));
    return rows.map((row) => ({ ...row, serving: servings.get(row.servingId ?? 0) ?? null }));
  }

  async #servings(ids: readonly number[]): Promise<Map<number, Serving>> {
    const rows = await this.connection.serving.findMany({ where: { id: { in: [...new Set(ids)] } } });
    return new Map(
      rows.map(({ id, algorithmVersion, configVersion, modelVersion, arms }) => [
        id,
        {
          ...{ algorithmVersion, configVersion, modelVersion: modelVersion === '' ? null : modelVersion },
          arms: JSON.parse(arms) as Arms,
        },
      ]),
    );
  }

  /** States of markets by market and time. */
  snapshots(
    after: { readonly marketId: string; readonly at: Date },
    { from, to }: Period,
    limit: number,
  ): Promise<Prisma.MarketSnapshotGetPayload<object>[]> {
    return this.connection.marketSnapshot.findMany({
      where: {
        at: { gte: from, lt: to },
        OR: [{ marketId: { gt: after.marketId } }, { marketId: after.marketId, at: { gt: after.at } }],
      },
      orderBy: [{ marketId: 'asc' }, { at: 'asc' }],
      take: limit,
    });
  }

  /** Stored feeds by time. */
  async feeds(
    after: { readonly servedAt: Date; readonly feedId: string },
    { from, to }: Period,
    limit: number,
  ): Promise<StoredFeed[]> {
    const rows = await this.connection.servedFeed.findMany({
      where: {
        servedAt: { gte: from, lt: to },
        OR: [
          { servedAt: { gt: after.servedAt } },
          { servedAt: after.servedAt, feedId: { gt: after.feedId } },
        ],
      },
      orderBy: [{ servedAt: 'asc' }, { feedId: 'asc' }],
      take: limit,
    });
    return rows.map((row) => ({ ...row, rest: null }));
  }
}
