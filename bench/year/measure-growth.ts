import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { pacedLoad } from '../paced-load.ts';
import { userKeyOf } from './keys.ts';
import { batchBody, drawEvent, feedBody, recordedIn } from './requests.ts';
import type { Measurement, Result } from './result.ts';
import { drawUser } from './site-traffic.ts';
import { withSite } from './site.ts';
import { round } from './statistics.ts';

const EVENTS = 20_000;
const BATCH = 100;
const FEEDS = 3_000;
const FEEDS_A_SECOND = 100;
const PER_DAY = 8_640_000;
/** Until served feeds have been written. */
const WRITTEN_AFTER_MS = 3_000;

/** Bytes of the tables, and how much events and feeds add. */
export const growth: Measurement = {
  name: 'growth',
  description: 'table sizes, and what a day at 100 events and 100 feeds a second adds',
  run: (state) =>
    withSite(state, { jobs: false }, async (site) => {
      const { database, url } = site;
      const rng = xoroshiro128plus(23);
      const open = state.catalog.open;
      const user = (): string => userKeyOf(drawUser(rng, state.cohorts));
      const before = await tableBytes(database);
      let recorded = 0;
      await pacedLoad({
        ...{ url: new URL(`${url}/graphql`), connections: 4, rate: 20, seconds: EVENTS / BATCH / 20 },
        nextBody: () => batchBody(Array.from({ length: BATCH }, () => drawEvent(rng, user(), open))),
        onAnswer: (body) => (recorded += recordedIn(body)),
      });
      const afterEvents = await tableBytes(database);
      let served = 0;
      await pacedLoad({
        ...{
          url: new URL(`${url}/graphql`),
          connections: 16,
          rate: FEEDS_A_SECOND,
          seconds: FEEDS / FEEDS_A_SECOND,
        },
        nextBody: () => feedBody(user()),
        onAnswer: (body) => (served += body.includes('"hero":{') ? 1 : 0),
      });
      await sleep(WRITTEN_AFTER_MS);
      const afterFeeds = await tableBytes(database);
      const rows = await tableRows(database);
      const results = [...afterFeeds].map(([table, bytes]): Result => {
        const perEvent = ((afterEvents.get(table) ?? 0) - (before.get(table) ?? 0)) / recorded;
        const perFeed = (bytes - (afterEvents.get(table) ?? 0)) / served;
        const day = (perEvent + perFeed) * PER_DAY;
        const size = before.get(table) ?? 0;
        return {
          what: `Table ${table}`,
          value:
            `${round(size / 2 ** 20)} MB, ${round(bytes / (rows.get(table) ?? NaN))} bytes a row; ` +
            `${round(perEvent)} bytes an event, ${round(perFeed)} a feed, ${round(day / 2 ** 20)} MB a day`,
          numbers: { bytes: size, perEvent, perFeed, day },
        };
      });
      return results.filter(({ numbers }) => (numbers['bytes'] ?? 0) > 2 ** 20 || (numbers['day'] ?? 0) > 0);
    }),
};

/** Estimated rows of each table; of partitions together. */
async function tableRows(database: Client): Promise<Map<string, number>> {
  await database.query('analyze');
  const { rows } = await database.query<{ table: string; count: number }>(
    `select coalesce(p.relname, c.relname) as table, sum(greatest(c.reltuples, 0))::float8 as count
     from pg_class c left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
     where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace group by 1`,
  );
  return new Map(rows.map(({ table, count }) => [table, count]));
}

/** Bytes of each table with its indexes; of partitions together. */
async function tableBytes(database: Client): Promise<Map<string, number>> {
  const { rows } = await database.query<{ table: string; bytes: string }>(
    `select coalesce(p.relname, c.relname) as table, sum(pg_total_relation_size(c.oid)) as bytes
     from pg_class c left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
     where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace group by 1 order by 2 desc`,
  );
  return new Map(rows.map(({ table, bytes }) => [table, Number(bytes)]));
}
