import { setTimeout as sleep } from 'node:timers/promises';
import { marketIdOf } from './keys.ts';
import type { Measurement, Result } from './result.ts';
import { withSite, type Site } from './site.ts';
import { quantile, round, spreadOf } from './statistics.ts';

const PRICES = 1_000;
const ROUNDS = 10;
const MAX_WAL_BYTES = 600;
const MAX_LOOP_MS = 10;
/** Every replica has a change within a second. */
const SHOWS_AFTER_MS = 1_500;

const UPSERT = `mutation ($input: UpsertMarketsInput!) {
  upsertMarkets(input: $input) { results { status problem { message } } } }`;

/** What changes of markets cost: the write-ahead log of prices, and the event loop. */
export const catalog: Measurement = {
  name: 'catalog',
  description: 'write-ahead log per price, and loop delay by a new, renamed or closed market',
  run: (state) =>
    withSite(state, { jobs: false }, async (site) => {
      const open = state.catalog.open;
      const markets = `of ${open.length.toLocaleString('en')} open markets`;
      const wal: number[] = [];
      for (let number = 0; number < ROUNDS; number += 1) {
        const moved = open.slice(number * PRICES).slice(0, PRICES);
        if (moved.length === 0) break;
        const before = await site.walBytes();
        await upsert(
          site,
          moved.map(({ id }, index) => ({
            id,
            probability: Number(Math.random().toFixed(6)),
            volume24h: index,
          })),
        );
        wal.push(((await site.walBytes()) - before) / moved.length);
      }
      const results: Result[] = [
        {
          what: `WAL per price, ${PRICES.toLocaleString('en')} at a time`,
          value: spreadOf(wal, 'bytes'),
          ...{ target: '< 600 bytes', met: quantile(wal, 0.5) < MAX_WAL_BYTES },
          numbers: { p50: quantile(wal, 0.5), max: quantile(wal, 1) },
        },
      ];
      const changes: Record<string, (number: number) => object> = {
        new: (number) => ({
          ...{ id: marketIdOf(-1 - number - Date.now()), title: `Will the new market ${number} be traded?` },
          ...{ category: 'Politics', tags: ['new'], probability: 0.5 },
        }),
        renamed: (number) => ({
          id: open[number]?.id,
          title: `Will the renamed market ${Date.now()} be traded?`,
        }),
        closed: (number) => ({ id: open[ROUNDS + number]?.id, status: 'CLOSED' }),
      };
      for (const [name, change] of Object.entries(changes)) {
        const delays: number[] = [];
        for (let number = 0; number < ROUNDS; number += 1) {
          site.resetLoop();
          await upsert(site, [change(number)]);
          await sleep(SHOWS_AFTER_MS);
          delays.push((await site.readLoop()).maxMs);
        }
        results.push({
          what: `Loop delay by a ${name} market ${markets}`,
          value: `median ${round(quantile(delays, 0.5))}, max ${round(quantile(delays, 1))} ms`,
          ...{ target: '< 10 ms', met: quantile(delays, 0.5) < MAX_LOOP_MS },
          numbers: { p50Ms: quantile(delays, 0.5), maxMs: quantile(delays, 1) },
        });
      }
      return results;
    }),
};

async function upsert(site: Site, markets: readonly object[]): Promise<void> {
  const { upsertMarkets } = (await site.ask(UPSERT, { input: { markets } })) as {
    upsertMarkets: { results: { status: string; problem: { message: string } | null }[] };
  };
  const rejected = upsertMarkets.results.find(({ status }) => status === 'REJECTED');
  if (rejected !== undefined) throw new Error(`A market was rejected: ${rejected.problem?.message ?? ''}`);
}
