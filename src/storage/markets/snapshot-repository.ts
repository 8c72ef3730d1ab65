import { Prisma, type PrismaClient } from '../../generated/prisma/client.js';
import { insertSnapshots, type MarketSnapshot } from './snapshot-rows.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/** Snapshots to downsample: those of a resolution, from `from` on and before `before`, a boundary of periods. */
export interface Downsampling {
  readonly resolution: 0 | 1;
  readonly from: Date;
  readonly before: Date;
  /** Of each period, counted from 1970, the last snapshot of a market stays. */
  readonly periodMs: number;
  /** Most snapshots that are looked at. */
  readonly limit: number;
}

/** Result of downsampling. */
export interface Downsampled {
  /** Rows that are gone. */
  readonly removed: number;
  /** Rows that stay, as the last of their period. */
  readonly kept: number;
}

export class SnapshotRepository {
  constructor(private readonly connection: Connection) {}

  /** Adds the past of markets, as an importer knows it; a minute that is already known keeps its row. */
  async addHistory(snapshots: readonly MarketSnapshot[]): Promise<void> {
    await this.connection.$executeRaw`${insertSnapshots(snapshots)} on conflict (market_id, at) do nothing`;
  }

  /** What each market's probability was at an instant, in the order asked; null where that is not known. */
  async probabilitiesThen(asked: readonly { marketId: string; at: Date }[]): Promise<(number | null)[]> {
    const rows = await this.connection.$queryRaw<{ place: bigint; probability: number | null }[]>`
      select r.place, s.probability
      from rows from (jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) as ("marketId" text, at timestamptz))
        with ordinality as r("marketId", at, place)
      cross join lateral (
        select probability from market_snapshots
        where market_id = r."marketId" and at <= r.at order by at desc limit 1) s`;
    const byPlace = new Map(rows.map(({ place, probability }) => [Number(place), probability]));
    return asked.map((_, index) => byPlace.get(index + 1) ?? null);
  }

  /**
   * How markets stood over a time, in the order of markets and, for each, of time: as it was at `from`, the last
   * snapshot until then being given as of `from`, then the last snapshot of each of equal parts of the time, each part
   * without its beginning and with its end. At most `points` of a market, also when nothing is known of `from`.
   */
  async history(
    marketIds: readonly string[],
    { from, to, points }: { from: Date; to: Date; points: number },
  ): Promise<MarketSnapshot[]> {
    return this.connection.$queryRaw<MarketSnapshot[]>`
      select r.market_id as "marketId", p.at, p.probability, p.volume_24h as "volume24h",
        p.participant_count as "participantCount"
      from unnest(${[...marketIds]}::text[]) with ordinality as r(market_id, place)
      left join lateral (
        select probability, volume_24h, participant_count, 1 as found from market_snapshots
        where market_id = r.market_id and at <= ${from} order by at desc limit 1
      ) before on true
      cross join lateral (
        select ${from}::timestamptz as start, (${to.getTime() - from.getTime()})::bigint as ms,
          ${points}::int - coalesce(before.found, 0) as parts
      ) asked
      cross join lateral (
        select asked.start as at, before.probability, before.volume_24h, before.participant_count
        where before.found = 1
        union all
        (select distinct on (part) at, probability, volume_24h, participant_count from (
          select s.*, (asked.parts * (extract(epoch from s.at - asked.start) * 1000)::bigint + asked.ms - 1)
            / asked.ms as part
          from market_snapshots s
          where s.market_id = r.market_id and s.at > asked.start and s.at <= ${to} and asked.parts > 0) parted
        order by part, at desc)
      ) p
      order by r.place, p.at`;
  }

  /**
   * Downsamples the oldest snapshots: one that has a later one in its period, whatever the resolution of that, is
   * removed. Another has the next resolution from then on, and earlier ones of its period, which were the last until an
   * import added to the past, are removed.
   *
   * @returns with the time of the last snapshot that was looked at, from which the next call continues; null when fewer
   *   than `limit` were left.
   */
  async downsample(what: Downsampling): Promise<Downsampled & { readonly next: Date | null }> {
    const { resolution, from, before, periodMs, limit } = what;
    const period = Prisma.sql`make_interval(secs => ${periodMs / 1_000})`;
    const start = (at: Prisma.Sql): Prisma.Sql => Prisma.sql`date_bin(${period}, ${at}, timestamptz 'epoch')`;
    const [row] = await this.connection.$queryRaw<(Downsampled & { looked: number; last: Date | null })[]>`
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
        (select count(*)::int from kept) as kept, count(*)::int as looked, max(at) as last from batch`;
    const { removed = 0, kept = 0, looked = 0, last = null } = row ?? {};
    return { removed, kept, next: looked < limit ? null : last };
  }
}
