import { Client } from 'pg';
import { pino } from 'pino';
import { startEmbeddedServer } from '../../dist/embedded-postgres/embedded-server.js';
import type { YearState } from './build-state.ts';
import { userKeyOf } from './keys.ts';
import type { Measurement, Result } from './result.ts';
import { quantile, spreadOf } from './statistics.ts';

/** Columns of a profile that a feed of algorithm v2 does not read. */
const COLD = ['lifetime'];
const MAX_HOT_BYTES = 6 * 1024;

/** Bytes that a stored profile takes, by how long its user has used the site. */
export const profileBytes: Measurement = {
  name: 'profile-bytes',
  description: 'stored bytes of profiles by cohort',
  run: async (state: YearState): Promise<Result[]> => {
    const server = await startEmbeddedServer({
      dataDir: state.dataDir,
      logger: pino({ level: 'silent' }),
    });
    const client = new Client({ connectionString: server.url });
    await client.connect();
    try {
      const { rows: columns } = await client.query<{ name: string }>(
        `select attname::text as name from pg_attribute where attrelid = 'profiles'::regclass and attnum > 0
           and not attisdropped and atttypid = 'bytea'::regtype`,
      );
      const sum = (names: readonly string[]): string =>
        ['0', ...names.map((name) => `coalesce(pg_column_size("${name}"), 0)`)].join(' + ');
      const names = columns.map(({ name }) => name);
      const results: Result[] = [];
      for (const { name, first, templates } of state.cohorts) {
        const { rows } = await client.query<{ hot: number; cold: number }>(
          `select ${sum(names.filter((column) => !COLD.includes(column)))} as hot,
             ${sum(names.filter((column) => COLD.includes(column)))} as cold
           from profiles where user_key = any($1)`,
          [Array.from({ length: templates }, (_, index) => userKeyOf(first + index))],
        );
        const hot = rows.map((row) => row.hot);
        const cold = rows.map((row) => row.cold);
        const p95 = quantile(hot, 0.95);
        results.push({
          what: `Profile bytes, ${name}, read by a feed (${rows.length} histories)`,
          value: spreadOf(hot, 'bytes'),
          ...{ target: 'p95 ≤ 6 KB', met: p95 <= MAX_HOT_BYTES },
          numbers: { p50: quantile(hot, 0.5), p95, max: quantile(hot, 1) },
        });
        results.push({
          what: `Profile bytes, ${name}, read by v1 only`,
          value: spreadOf(cold, 'bytes'),
          numbers: { p50: quantile(cold, 0.5), p95: quantile(cold, 0.95), max: quantile(cold, 1) },
        });
      }
      return results;
    } finally {
      await client.end();
      await server.close();
    }
  },
};
