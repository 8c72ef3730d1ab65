import type { PrismaClient } from '../generated/prisma/client.js';
import { insertSnapshots, type MarketSnapshot } from './snapshot-rows.js';

type Connection = Pick<PrismaClient, '$queryRaw' | '$executeRaw'>;

/** What snapshots are thinned to: 0 as they were written, 1 the last of its hour, 2 the last of its day. */
export type SnapshotResolution = 0 | 1 | 2;

/** What thinning made of snapshots. */
export interface Thinned {
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

  /** When the oldest snapshot of a resolution was made; undefined when there is none. */
  async oldestAt(resolution: SnapshotResolution): Promise<Date | undefined> {
    const [row] = await this.connection.$queryRaw<{ at: Date | null }[]>`
      select min(at) as at from market_snapshots where resolution = ${resolution}::smallint`;
    return row?.at ?? undefined;
  }

  /**
   * Thins the snapshots of one period, from `start` and before `end`: of each market that has some of `resolution` in
   * it, only the last of the period stays, whatever the resolution of the others, and has the next resolution at least.
   */
  async thin(period: { resolution: 0 | 1; start: Date; end: Date }): Promise<Thinned> {
    const { resolution, start, end } = period;
    const [row] = await this.connection.$queryRaw<Thinned[]>`
      with touched as materialized (
        select distinct market_id from market_snapshots
        where resolution = ${resolution}::smallint and at >= ${start} and at < ${end}
      ), last as materialized (
        select t.market_id, l.at, l.resolution from touched t
        cross join lateral (
          select at, resolution from market_snapshots
          where market_id = t.market_id and at >= ${start} and at < ${end} order by at desc limit 1) l
      ), removed as (
        delete from market_snapshots s using last l
        where s.market_id = l.market_id and s.at >= ${start} and s.at < ${end} and s.at < l.at
        returning 1
      ), kept as (
        update market_snapshots s set resolution = ${resolution}::smallint + 1 from last l
        where s.market_id = l.market_id and s.at = l.at and l.resolution <= ${resolution}::smallint
        returning 1
      )
      select (select count(*)::int from removed) as removed, (select count(*)::int from kept) as kept`;
    return row ?? { removed: 0, kept: 0 };
  }
}
