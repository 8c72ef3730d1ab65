/**
 * Builds the state of a site in a data folder: markets, 30 days of events, users with histories. Seeded: the same size
 * gives the same state, relative to the time it is built. Markets and profiles are made by the product's code.
 */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { Client } from 'pg';
import { pino } from 'pino';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { openBackend, type Backend } from '../../dist/app/backend.js';
import { ProgressBar } from '../../dist/cli/output/progress-bar.js';
import { readSettings } from '../../dist/config/settings.js';
import { startEmbeddedServer } from '../../dist/embedded-postgres/embedded-server.js';
import { DAY_MS, MINUTE_MS } from '../../dist/lib/time.js';
import { SiteCatalog, type SiteMarket } from './catalog.ts';
import { copyEvents } from './copy-events.ts';
import { simulateHistory, type SiteEvent } from './history.ts';
import { userKeyOf } from './keys.ts';
import { copyProfiles, rebuildTemplates } from './profiles.ts';
import { siteTraffic } from './site-traffic.ts';
import { cohortsOf, type CohortUsers, type Size } from './size.ts';

const MARKETS_AT_ONCE = 1_000;
const SNAPSHOTS_AT_ONCE = 10_000;
/** So often is the price of an open market known of the last two days; a site knows it every 10 minutes. */
const SNAPSHOT_EVERY_MS = 100 * MINUTE_MS;

/** What is known of a built state. */
export interface YearState {
  readonly size: Size;
  readonly cohorts: readonly CohortUsers[];
  readonly catalog: SiteCatalog;
  readonly builtAtMs: number;
  readonly dataDir: string;
}

interface StateFile {
  readonly size: Size;
  readonly builtAtMs: number;
}

const FILE = 'year-state.json';

/** The state in a folder; built first if there is none. @throws when the folder holds a state of another size. */
export async function openState(dataDir: string, size: Size): Promise<YearState> {
  const stored = await storedState(dataDir);
  if (stored !== undefined && !isDeepStrictEqual(stored.size, size)) {
    throw new Error(
      `${dataDir} holds a state of another size: ${JSON.stringify(stored.size)}. Give the options that it was built with, or another folder.`,
    );
  }
  const builtAtMs = stored?.builtAtMs ?? Date.now();
  const state: YearState = {
    ...{ size, builtAtMs, dataDir },
    cohorts: cohortsOf(size),
    catalog: new SiteCatalog(size, builtAtMs),
  };
  if (stored === undefined) {
    await build(state);
    await writeFile(path.join(dataDir, FILE), JSON.stringify({ size, builtAtMs } satisfies StateFile));
  }
  return state;
}

/** What is known of the state in a folder; undefined if it holds none, or one that was not completed. */
export async function storedState(dataDir: string): Promise<StateFile | undefined> {
  const found = await readFile(path.join(dataDir, FILE), 'utf8').catch(() => undefined);
  return found === undefined ? undefined : (JSON.parse(found) as StateFile);
}

async function build(state: YearState): Promise<void> {
  const { dataDir, size, cohorts, catalog } = state;
  const logger = pino({ level: 'silent' });
  const backend = await openBackend({
    settings: readSettings({ BELLWETHER_DATA_DIR: dataDir, BELLWETHER_SAMPLE: 'off' }),
    ...{ logger, clock: Date.now, loadCatalog: false },
  });
  const server = await startEmbeddedServer({ dataDir, logger });
  const client = new Client({ connectionString: server.url });
  await client.connect();
  const view = new ProgressBar(process.stderr);
  try {
    await client.query('set synchronous_commit = off');
    await step(view, 'Markets', size.markets, (add) => storeMarkets(backend, catalog, add));
    const open = catalog.open;
    await step(view, 'Prices', open.length, (add) => storePrices(backend, open, state.builtAtMs, add));
    await client.query('select ensure_interaction_partitions($1)', [
      Array.from({ length: 28 }, (_, index) => new Date(state.builtAtMs - index * 14 * DAY_MS)),
    ]);
    const templates = cohorts.reduce((sum, cohort) => sum + cohort.templates, 0);
    await step(view, 'Histories', templates, (add) => copyEvents(client, templateEvents(state, add)));
    await client.query('analyze');
    await step(view, 'Profiles of histories', templates, (add) => rebuildTemplates(backend, cohorts, add));
    await step(view, 'Profiles', size.users - templates, (add) => copyProfiles(client, cohorts, add));
    // Last, so that the histories are all that profiles are made from.
    const events = size.eventsOfDay + 29 * size.eventsOfEarlierDay;
    await step(view, 'Events', events, (add) => copyTraffic(client, state, add));
    await client.query('vacuum analyze');
    await client.query('checkpoint');
  } finally {
    view.end();
    await client.end();
    await backend.close();
    await server.close();
  }
}

async function step(
  view: ProgressBar,
  task: string,
  total: number,
  work: (add: (count: number) => void) => Promise<void>,
): Promise<void> {
  const startMs = performance.now();
  let done = 0;
  await work((count) => {
    done += count;
    view.show(task, Math.min(1, done / total), total.toLocaleString('en'));
  });
  view.end();
  const seconds = (performance.now() - startMs) / 1_000;
  console.log(`${task}: ${total.toLocaleString('en')} in ${seconds.toFixed(1)} s`);
}

async function storeMarkets(
  { services }: Backend,
  catalog: SiteCatalog,
  add: (count: number) => void,
): Promise<void> {
  for (const markets of batches(catalog.markets, MARKETS_AT_ONCE)) {
    const results = await services.catalog.upsert(
      markets.map(({ createdAtMs, resolvesAtMs, number, ...market }) => ({
        ...{ id: market.id, title: market.title, description: market.description, category: market.category },
        ...{ tags: [...market.tags], probability: market.probability, eventKey: market.eventKey },
        ...{ volume24h: market.volume24h, volumeTotal: market.volumeTotal, participantCount: number % 900 },
        imageUrl: '/sample/politics.svg',
        status: resolvesAtMs > Date.now() ? 'OPEN' : 'RESOLVED',
        createdAt: new Date(createdAtMs),
        resolvesAt: new Date(resolvesAtMs),
        source: 'polymarket',
      })),
    );
    const [problem] = results.flatMap((result) => result.problem ?? []);
    if (problem !== undefined) throw new Error(`A market was rejected: ${problem.message}`);
    add(markets.length);
  }
}

async function storePrices(
  { store }: Backend,
  open: readonly SiteMarket[],
  nowMs: number,
  add: (count: number) => void,
): Promise<void> {
  const minute = Math.floor(nowMs / 60_000) * MINUTE_MS;
  const steps = Math.floor((2 * DAY_MS) / SNAPSHOT_EVERY_MS);
  for (const markets of batches(open, Math.floor(SNAPSHOTS_AT_ONCE / steps))) {
    const points = markets.flatMap((market) =>
      Array.from({ length: steps }, (_, index) => ({
        marketId: market.id,
        at: new Date(minute - (index + 1) * SNAPSHOT_EVERY_MS),
        probability: Math.min(
          0.99,
          Math.max(0.01, market.probability + 0.01 * ((index * 7 + market.number) % 11)),
        ),
        volume24h: market.volume24h,
        participantCount: market.number % 900,
      })),
    );
    await store.snapshots.addHistory(points.filter(({ at }) => at.getTime() <= nowMs));
    add(markets.length);
  }
}

function* templateEvents(state: YearState, add: (users: number) => void): Generator<SiteEvent> {
  const streams = xoroshiro128plus(1_000_000);
  for (const cohort of state.cohorts) {
    for (let index = 0; index < cohort.templates; index += 1) {
      streams.jump();
      // At least one user with as many events as there can be.
      const count = index === 0 ? cohort.maxEvents : null;
      const userKey = userKeyOf(cohort.first + index);
      const { builtAtMs: nowMs, catalog } = state;
      yield* simulateHistory(streams.clone(), { userKey, cohort, count, nowMs, catalog });
      add(1);
    }
  }
}

async function copyTraffic(client: Client, state: YearState, add: (rows: number) => void): Promise<void> {
  const { catalog, cohorts, builtAtMs, size } = state;
  const rng = xoroshiro128plus(30);
  for (let day = 29; day >= 0; day -= 1) {
    const to = builtAtMs - day * DAY_MS;
    const count = day === 0 ? size.eventsOfDay : size.eventsOfEarlierDay;
    await copyEvents(client, siteTraffic(rng, { from: to - DAY_MS, to, count, catalog, cohorts }), add);
  }
}

function* batches<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
