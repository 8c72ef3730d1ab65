import { Prisma } from '../../generated/prisma/client.js';

/** A market's state at a minute. */
export interface MarketSnapshot {
  readonly marketId: string;
  readonly at: Date;
  /** 0–1; null when unknown, and for a market with several answers. */
  readonly probability: number | null;
  readonly volume24h: number;
  readonly participantCount: number;
}

const MINUTE_MS = 60_000;

/** Inserts snapshots, each at its full minute; an `on conflict` clause is to follow. */
export function insertSnapshots(snapshots: readonly MarketSnapshot[]): Prisma.Sql {
  const rows = snapshots.map(({ marketId, at, probability, volume24h, participantCount }) => ({
    market_id: marketId,
    at: new Date(Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS),
    probability,
    volume_24h: volume24h,
    participant_count: participantCount,
  }));
  return Prisma.sql`
    insert into market_snapshots (market_id, at, probability, volume_24h, participant_count)
    select r.market_id, r.at, r.probability, r.volume_24h, r.participant_count
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      as r(market_id text, at timestamptz, probability float8, volume_24h float8, participant_count int)`;
}

/** At most one row a minute a market: the last change within the minute wins. */
export function writeSnapshots(snapshots: readonly MarketSnapshot[]): Prisma.Sql {
  return Prisma.sql`${insertSnapshots(snapshots)}
    on conflict (market_id, at) do update set probability = excluded.probability,
      volume_24h = excluded.volume_24h, participant_count = excluded.participant_count`;
}
