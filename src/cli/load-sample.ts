import type { Backend } from '../app/open-backend.js';
import { importedEventId } from '../catalog/importers/formats/import-record.js';
import { simulateOddsHistory } from '../sample/odds-history.js';
import { loadSampleCatalog } from '../sample/sample-catalog.js';
import { simulateUsers } from '../sample/simulate-users.js';
import { UNFINISHED_SAMPLE } from './unfinished-sample.js';

export interface SampleOptions {
  /** The same seed makes the same people, who do the same relative to now. */
  readonly seed: number;
  readonly people: number;
  readonly days: number;
}

export const SAMPLE_DEFAULTS: SampleOptions = { seed: 1, people: 500, days: 14 };

/** What was loaded. */
export interface LoadedSample {
  readonly markets: number;
  readonly people: number;
  readonly interactions: number;
}

const MARKETS_AT_ONCE = 500;
const INTERACTIONS_AT_ONCE = 1_000;

/**
 * Stores the sample catalog with its odds history, and simulated people with what they did, all up
 * to `nowMs`. Only as the last step do the markets say that they are the sample: one that was not loaded
 * to its end is known by that, and the same call, for the same `nowMs` and options, completes it.
 *
 * @param hooks.onProgress told the share done, 0–1.
 * @param hooks.stop ends the loading at the next step.
 * @throws what `stop` was aborted with.
 */
export async function loadSample(
  { services, store, history }: Pick<Backend, 'services' | 'store' | 'history'>,
  nowMs: number,
  options: SampleOptions = SAMPLE_DEFAULTS,
  { onProgress, stop }: { onProgress?: (share: number) => void; stop?: AbortSignal } = {},
): Promise<LoadedSample> {
  const { seed, people, days } = options;
  const markets = loadSampleCatalog(nowMs);
  const storeMarkets = async (all: readonly { id: string }[]): Promise<void> => {
    for (const batch of batches(all, MARKETS_AT_ONCE)) {
      const refused = (await services.catalog.upsert(batch)).find(({ outcome }) => outcome === 'REJECTED');
      if (refused) throw new Error(`The sample market ${refused.id} is not valid: ${refused.reason ?? ''}`);
    }
  };
  await storeMarkets(markets.map((market) => ({ ...market, source: UNFINISHED_SAMPLE })));
  stop?.throwIfAborted();
  const odds = simulateOddsHistory(markets, { seed, nowMs, days });
  await store.snapshots.addHistory(odds.map(({ atMs, ...point }) => ({ ...point, at: new Date(atMs) })));
  stop?.throwIfAborted();
  const { interactions } = simulateUsers(markets, { seed, nowMs, users: people, days });
  // Person by person, so that a batch changes few profiles.
  const byPerson = interactions.toSorted(
    (a, b) => Number(a.userKey > b.userKey) - Number(a.userKey < b.userKey),
  );
  let done = 0;
  for (const batch of batches(byPerson, INTERACTIONS_AT_ONCE)) {
    const results = await history.importAll(
      batch.map((interaction) => ({ ...interaction, clientEventId: importedEventId(interaction) })),
    );
    const refused = results.find(({ outcome }) => outcome === 'REJECTED');
    if (refused) throw new Error(`A simulated interaction is not valid: ${refused.reason ?? ''}`);
    done += batch.length;
    onProgress?.(done / interactions.length);
    stop?.throwIfAborted();
  }
  await storeMarkets(markets.map(({ id, source }) => ({ id, source })));
  await services.trends.refresh();
  return { markets: markets.length, people, interactions: interactions.length };
}

function* batches<Item>(items: readonly Item[], size: number): Generator<Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
