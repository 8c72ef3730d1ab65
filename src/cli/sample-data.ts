import type { Backend } from '../app/backend.js';
import { importedEventId } from '../catalog/importers/formats/import-record.js';
import type { Archive } from '../evaluation/archive.js';
import { ArchiveBuilder, type ArchiveIntake } from '../evaluation/archive-builder.js';
import { simulateOddsHistory } from '../sample/odds-history.js';
import { loadSampleCatalog } from '../sample/sample-catalog.js';
import { simulateUsers } from '../sample/simulate-users.js';
import type { MarketRepository } from '../storage/markets/market-repository.js';

export interface SampleOptions {
  /** The same seed gives the same users and interactions, relative to now. */
  readonly seed: number;
  readonly users: number;
  readonly days: number;
}

export const SAMPLE_DEFAULTS: SampleOptions = { seed: 1, users: 500, days: 14 };

/** Counts of the loaded records. */
interface LoadedSample {
  readonly markets: number;
  readonly users: number;
  readonly interactions: number;
}

const MARKETS_PER_BATCH = 500;
const INTERACTIONS_PER_BATCH = 1_000;

/** The `source` of the sample markets until the whole sample is stored. */
const INCOMPLETE_SOURCE = 'sample, not yet complete';

/** A fixed time, so that evaluations on different days are comparable. */
const ARCHIVE_NOW_MS = Date.parse('2026-01-01T00:00:00Z');

/**
 * Stores the sample catalog with its odds history, and simulated users with their interactions up to `nowMs`.
 *
 * The markets get their final `source` only as the last step. This identifies a sample whose loading was interrupted;
 * {@link incompleteSampleMs} finds it. The same call, with the same `nowMs` and options, completes it.
 *
 * @param hooks.onProgress receives the completed share, 0–1.
 * @param hooks.stop ends the loading at the next step.
 * @throws the abort reason of `stop`.
 */
export async function loadSample(
  { services, store, history }: Pick<Backend, 'services' | 'store' | 'history'>,
  nowMs: number,
  options: SampleOptions = SAMPLE_DEFAULTS,
  { onProgress, stop }: { onProgress?: (share: number) => void; stop?: AbortSignal } = {},
): Promise<LoadedSample> {
  const { seed, users, days } = options;
  const markets = loadSampleCatalog(nowMs);
  const storeMarkets = async (all: readonly { id: string }[]): Promise<void> => {
    for (const batch of batches(all, MARKETS_PER_BATCH)) {
      const problems = (await services.catalog.upsert(batch)).flatMap(({ problem }) => problem ?? []);
      if (problems[0] !== undefined) throw new Error(`A sample market is invalid: ${problems[0].message}`);
    }
  };
  await storeMarkets(markets.map((market) => ({ ...market, source: INCOMPLETE_SOURCE })));
  stop?.throwIfAborted();
  const odds = simulateOddsHistory(markets, { seed, nowMs, days });
  await store.snapshots.addHistory(odds.map(({ atMs, ...point }) => ({ ...point, at: new Date(atMs) })));
  stop?.throwIfAborted();
  const { interactions } = simulateUsers(markets, { seed, nowMs, users, days });
  // Sorted by user, so that a batch changes few profiles.
  const byUser = interactions.toSorted(
    (a, b) => Number(a.userKey > b.userKey) - Number(a.userKey < b.userKey),
  );
  let done = 0;
  for (const batch of batches(byUser, INTERACTIONS_PER_BATCH)) {
    const results = await history.importAll(
      batch.map((interaction) => ({ ...interaction, clientEventId: importedEventId(interaction) })),
    );
    const rejected = results.find(({ outcome }) => outcome === 'REJECTED');
    if (rejected) throw new Error(`A simulated interaction is invalid: ${rejected.reason ?? ''}`);
    done += batch.length;
    onProgress?.(done / interactions.length);
    stop?.throwIfAborted();
  }
  await storeMarkets(markets.map(({ id, source }) => ({ id, source })));
  await services.trends.refresh();
  return { markets: markets.length, users, interactions: interactions.length };
}

function* batches<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/**
 * Returns the `nowMs` of an interrupted {@link loadSample}, or undefined if there is none. Loading again with the same
 * instant gives the same interactions, so none is counted twice.
 */
export async function incompleteSampleMs(
  markets: Pick<MarketRepository, 'findByIds'>,
  nowMs: number,
): Promise<number | undefined> {
  const createdAt = new Map(loadSampleCatalog(nowMs).map((market) => [market.id, market.createdAt]));
  const stored = await markets.findByIds([...createdAt.keys()]);
  const incomplete = stored.find(({ source }) => source === INCOMPLETE_SOURCE);
  if (incomplete === undefined) return undefined;
  return nowMs + incomplete.createdAt.getTime() - Date.parse(createdAt.get(incomplete.id) ?? '');
}

/** Returns the sample as an archive for `bellwether evaluate`, as `bellwether sample` would load it at a fixed time. */
export function sampleArchive(): { archive: Archive; intake: ArchiveIntake } {
  const options = { ...SAMPLE_DEFAULTS, nowMs: ARCHIVE_NOW_MS };
  const markets = loadSampleCatalog(ARCHIVE_NOW_MS);
  const builder = new ArchiveBuilder();
  let line = 0;
  for (const market of markets) builder.add({ kind: 'market', line: ++line, market, dates: {} }, 'sample');
  for (const interaction of simulateUsers(markets, options).interactions) {
    builder.add({ kind: 'interaction', line: ++line, interaction }, 'sample');
  }
  for (const { marketId, atMs, probability, volume24h } of simulateOddsHistory(markets, options)) {
    builder.addPrice({ marketId, atMs, probability, volume24h });
  }
  return builder.finish();
}
