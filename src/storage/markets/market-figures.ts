import { isDeepStrictEqual } from 'node:util';
import { Prisma } from '../../generated/prisma/client.js';
import type { MarketRecord } from '../../domain/market.js';
import type { MarketChange } from './market-rows.js';

/** Markets that one row of `market_figure_changes` names: about 2 KB. */
const NUMBERS_OF_ROW = 500;

/** For so long a process may be out of touch before it has to read every market again. */
const KEPT_MS = 3_600_000;

const FIGURES = ['probability', 'volume24h', 'volumeTotal', 'participantCount'] as const;

/** Whether nothing but the figures changed: probability, volumes, and participants. */
export function isOfFiguresOnly({ before, after }: MarketChange): boolean {
  return before !== undefined && isDeepStrictEqual(withoutFigures(before), withoutFigures(after));
}

function withoutFigures(market: MarketRecord): unknown {
  return { ...market, ...Object.fromEntries(FIGURES.map((name) => [name, null])) };
}

/** Updates the figures of markets in place: no index holds them, so that PostgreSQL writes the row and nothing else. */
export function writeFigures(changes: readonly MarketChange[]): Prisma.Sql {
  const rows = changes.map(({ after }) => ({
    number: after.number,
    probability: after.probability,
    volume_24h: after.volume24h,
    volume_total: after.volumeTotal,
    participant_count: after.participantCount,
  }));
  return Prisma.sql`
    update market_figures f set probability = r.probability, volume_24h = r.volume_24h,
      volume_total = r.volume_total, participant_count = r.participant_count
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(number int, probability float8, volume_24h float8,
      volume_total float8, participant_count int)
    where f.market_number = r.number`;
}

/** Records which markets have new figures, each row with the next version. */
export function recordFigureChanges(changes: readonly MarketChange[], now: Date): Prisma.Sql {
  const rows: { numbers: number[] }[] = [];
  for (let from = 0; from < changes.length; from += NUMBERS_OF_ROW) {
    rows.push({ numbers: changes.slice(from, from + NUMBERS_OF_ROW).map(({ after }) => after.number) });
  }
  return Prisma.sql`
    insert into market_figure_changes (version, changed_at, market_numbers)
    select nextval('market_version'), ${now}, r.numbers
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as r(numbers int[])`;
}

/**
 * Removes records of figure changes that are older than an hour, at most 100, but for the newest of them: a process that
 * knows no version as new as the oldest record may have missed some.
 */
export function removeOldFigureChanges(now: Date): Prisma.Sql {
  const before = new Date(now.getTime() - KEPT_MS);
  return Prisma.sql`
    delete from market_figure_changes where version = any(array(
      select version from market_figure_changes where changed_at < ${before} and version < (
        select max(version) from market_figure_changes where changed_at < ${before})
      order by version limit 100))`;
}
