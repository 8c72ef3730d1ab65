import { Prisma } from '../../generated/prisma/client.js';
import { MINUTE_MS } from '../../lib/time.js';
import type { Connection } from '../sql.js';

/** A market's state at a minute. */
export interface MarketSnapshot {
  readonly marketId: string;
  readonly at: Date;
  /** 0–1; null if unknown, and for a market with several answers. */
  readonly probability: number | null;
  /** Null if unknown. */
  readonly volume24h: number | null;
  /** Null if unknown. */
  readonly participantCount: number | null;
}

/** The snapshots of one downsampling step: those of a resolution, from `from` on and before `before`. */
interface Downsampling {
  readonly resolution: 0 | 1;
  readonly from: Date;
  /** A boundary of periods. */
  readonly before: Date;
  /** Length of a period. Periods are aligned to 1970; the last snapshot of a market in each period is kept. */
  readonly periodMs: number;
  /** Maximum number of snapshots to process. */
  readonly limit: number;
}

/** Result of downsampling. */
export interface Downsampled {
  /** Number of removed rows. */
  readonly removed: number;
  /** Number of rows kept as the last of their period. */
  readonly kept: number;
}

/** Market snapshots. SQL throughout: batches, and set-based reads and writes with lateral joins. */
export class SnapshotRepository {
  constructor(private readonly connection: Connection) {}

  /** Adds imported history; a minute that already has a snapshot keeps it. */
  async addHistory(snapshots: readonly MarketSnapshot[]): Promise<void> {
    await this.connection.$executeRaw`${insertSnapshots(snapshots)} on conflict (market_id, at) do nothing`;
  }

  /** Returns the probability of each market at an instant, in the order of the requests; null if unknown. */
  async probabilitiesAt(requests: readonly { marketId: string; at: Date }[]): Promise<(number | null)[]> {
    const rows = await this.connection.$queryRaw<{ position: bigint; probability: number | null }[]>`
      select r.position, s.probability
      from rows from (jsonb_to_recordset(${JSON.stringify(requests)}::jsonb) as ("marketId" text, at timestamptz))
        with ordinality as r("marketId", at, position)
      cross join lateral (
        select probability from market_snapshots
        where market_id = r."marketId" and at <= r.at order by at desc limit 1) s`;
    const byPosition = new Map(rows.map(({ position, probability }) => [Number(position), probability]));
    return requests.map((_, index) => byPosition.get(index + 1) ?? null);
  }

  /**
   * Returns the history of markets from `from` to `to`, in the order of the markets and of time. The first entry is the
   * state at `from`: the last snapshot until then, dated `from`. The rest of the time is divided into equal intervals, and
   * each contributes its last snapshot. An interval excludes its start and includes its end.
   *
   * @param options.points maximum number of entries per market, with or without a state at `from`.
   */
  async history(
    marketIds: readonly string[],
    { from, to, points }: { from: Date; to: Date; points: number },
  ): Promise<MarketSnapshot[]> {
    return this.connection.$queryRaw<MarketSnapshot[]>`
      select r.market_id as "marketId", p.at, p.probability, p.volume_24h as "volume24h",
        p.participant_count as "participantCount"
      from unnest(${[...marketIds]}::text[]) with ordinality as r(market_id, position)
      left join lateral (
        select probability, volume_24h, participant_count, 1 as found from market_snapshots
        where market_id = r.market_id and at <= ${from} order by at desc limit 1
      ) before on true
      cross join lateral (
        select ${from}::timestamptz as start, (${to.getTime() - from.getTime()})::bigint as ms,
          ${points}::int - coalesce(before.found, 0) as intervals
      ) period
      cross join lateral (
        select period.start as at, before.probability, before.volume_24h, before.participant_count
        where before.found = 1
        union all
        (select distinct on (number) at, probability, volume_24h, participant_count from (
          select s.*, (period.intervals * (extract(epoch from s.at - period.start) * 1000)::bigint + period.ms - 1)
            / period.ms as number
          from market_snapshots s
          where s.market_id = r.market_id and s.at > period.start and s.at <= ${to} and period.intervals > 0) numbered
        order by number, at desc)
      ) p
      order by r.position, p.at`;
  }

  /**
   * Downsamples the oldest snapshots. A snapshot with a later one in its period, of any resolution, is removed. Any other
   * snapshot gets the next resolution. It replaces earlier snapshots of its period, which were the last ones until an
   * import added to the history.
   *
   * @returns also the time of the last processed snapshot, from which the next call continues; null if fewer than `limit`
   *   were left.
   */
  async downsample(step: Downsampling): Promise<Downsampled & { readonly next: Date | null }> {
    const { resolution, from, before, periodMs, limit } = step;
    const period = Prisma.sql`make_interval(secs => ${periodMs / 1_000})`;
    const start = (at: Prisma.Sql): Prisma.Sql => Prisma.sql`date_bin(${period}, ${at}, timestamptz 'epoch')`;
    const [row] = await this.connection.$queryRaw<(Downsampled & { processed: number; last: Date | null })[]>`
      with batch as materialized (
        select market_id, at, exists (
          select from market_snapshots later where later.market_id = s.market_id and later.at > s.at
            and later.at < ${start(Prisma.sql`s.at`)} + ${period}) as is_superseded
        from (select market_id, at from market_snapshots
          where resolution = ${resolution}::smallint and at >= ${from} and at < ${before} order by at limit ${limit}) s
      ), removed as (
        delete from market_snapshots s using batch b
        where b.is_superseded and s.market_id = b.market_id and s.at = b.at returning 1
      ), replaced as (
        delete from market_snapshots s using batch b
        where not b.is_superseded and s.market_id = b.market_id and s.at >= ${start(Prisma.sql`b.at`)} and s.at < b.at
          and s.resolution > ${resolution}::smallint returning 1
      ), kept as (
        update market_snapshots s set resolution = ${resolution}::smallint + 1 from batch b
        where not b.is_superseded and s.market_id = b.market_id and s.at = b.at returning 1
      )
      select (select count(*)::int from removed) + (select count(*)::int from replaced) as removed,
        (select count(*)::int from kept) as kept, count(*)::int as processed, max(at) as last from batch`;
    const { removed = 0, kept = 0, processed = 0, last = null } = row ?? {};
    return { removed, kept, next: processed < limit ? null : last };
  }
}

/** Inserts snapshots at most once per minute and market: the last change within the minute wins. */
export function writeSnapshots(snapshots: readonly MarketSnapshot[]): Prisma.Sql {
  return Prisma.sql`${insertSnapshots(snapshots)}
    on conflict (market_id, at) do update set probability = excluded.probability,
      volume_24h = excluded.volume_24h, participant_count = excluded.participant_count`;
}

/** Inserts snapshots, each dated to its full minute; an `on conflict` clause must follow. */
function insertSnapshots(snapshots: readonly MarketSnapshot[]): Prisma.Sql {
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
