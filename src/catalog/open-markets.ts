import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Market } from '../domain/market.js';
import type { Clock } from '../lib/clock.js';
import { atOnce, inSlices } from '../lib/event-loop.js';
import type { Logger } from '../lib/logger.js';
import type { MarketRepository } from '../storage/markets/market-repository.js';
import type { VectorRepository } from '../storage/markets/vector-repository.js';
import {
  buildSnapshotWork,
  emptySnapshot,
  patchSnapshot,
  refreshSnapshotWork,
  toEntry,
  withVectors,
  type CatalogEntry,
  type CatalogSnapshot,
} from './catalog-snapshot.js';

/** Markets per database read: 250 take about 5 ms to decode. */
const PAGE_SIZE = 250;

/** Vectors per database read: 0.5 MB. */
const VECTORS_PER_READ = 1_000;

/** Changed markets applied to the columns per turn of the event loop; each may have new topics to look up. */
const APPLIED_PER_TURN = 100;

/**
 * Up to this number of markets, every change recomputes the weights of terms and topics, which takes about 1 ms. The weights
 * are inverse document frequencies, so each depends on all open markets.
 */
const ALWAYS_REWEIGHTED_MARKETS = 2_000;

/** Minimum interval between two recomputations of the weights of a larger catalog. */
const REWEIGHT_INTERVAL_MS = 30_000;

/** The open markets in memory. Follows the database without occupying the event loop for long. */
export class OpenMarkets {
  #snapshot = emptySnapshot;
  /** Version of the latest database change that the snapshot contains; null before the first load. */
  #version: bigint | null = null;
  #reweightedAtMs = -Infinity;
  /** The current or last recomputation of weights. It replaces the snapshot, so no change may be applied meanwhile. */
  #reweighting: Promise<void> = Promise.resolve();
  #refreshing: Promise<void> | null = null;
  #nextRefresh: Promise<void> | null = null;

  constructor(
    private readonly deps: {
      readonly markets: Pick<MarketRepository, 'newestVersion' | 'open' | 'changedSince' | 'findByIds'>;
      /** Null: the catalog has no text vectors. */
      readonly vectors: Pick<VectorRepository, 'find'> | null;
      readonly clock: Clock;
      readonly logger: Logger;
      /**
       * Called with the changed markets, open or not, after the snapshot contains the changes.
       *
       * @param before the snapshot before the changes.
       */
      readonly onChanged: (changed: readonly Market[], before: CatalogSnapshot) => void;
    },
  ) {}

  get snapshot(): CatalogSnapshot {
    return this.#snapshot;
  }

  /**
   * Applies everything that is stored at the time of the call. A refresh in progress may have missed the latest change, so
   * callers wait for the next one, which they share.
   */
  refresh(): Promise<void> {
    if (this.#refreshing === null) {
      this.#refreshing = this.#load().finally(() => (this.#refreshing = null));
      return this.#refreshing;
    }
    this.#nextRefresh ??= this.#refreshing
      .catch(() => undefined)
      .then(() => {
        this.#nextRefresh = null;
        return this.refresh();
      });
    return this.#nextRefresh;
  }

  async #load(): Promise<void> {
    await this.#reweighting;
    let version = this.#version ?? (await this.#loadAll());
    for (let hasMore = true; hasMore;) {
      const page = await this.deps.markets.changedSince(version, PAGE_SIZE);
      if (page === null) {
        // The database records changes for an hour only.
        this.deps.logger.warn(
          { version: String(version) },
          'catalog is too old to catch up, reloading all markets',
        );
        version = await this.#loadAll();
        continue;
      }
      await this.#apply(page.markets, page.version);
      ({ version, hasMore } = page);
      this.#version = version;
    }
    this.#reweighting = this.#reweight();
  }

  /**
   * Reads all open markets. A change made meanwhile has a later version and is read next.
   *
   * @returns the version of the snapshot.
   */
  async #loadAll(): Promise<bigint> {
    const { markets, onChanged, clock } = this.deps;
    const version = await markets.newestVersion();
    const entries: CatalogEntry[] = [];
    for (let page: readonly Market[], after = ''; ;) {
      page = await markets.open(after, PAGE_SIZE);
      for (const market of page) entries.push(toEntry(market));
      after = page.at(-1)?.id ?? '';
      if (page.length < PAGE_SIZE) break;
    }
    const before = this.#snapshot;
    this.#snapshot = await this.#withAllVectors(await inSlices(buildSnapshotWork(entries, version)));
    this.#version = version;
    this.#reweightedAtMs = clock();
    if (before.entries.length > 0) {
      const removed = before.columns.ids.filter((id) => !this.#snapshot.byId.has(id));
      const changed = [
        ...this.#snapshot.entries.map(({ market }) => market),
        ...(await this.#findAll(removed)),
      ];
      onChanged(changed, before);
    }
    return version;
  }

  async #withAllVectors(snapshot: CatalogSnapshot): Promise<CatalogSnapshot> {
    const { vectors } = this.deps;
    if (vectors === null) return snapshot;
    let loaded = withVectors(snapshot, []);
    const { entries, version } = snapshot;
    for (let from = 0; from < entries.length; from += VECTORS_PER_READ) {
      const numbers = entries.slice(from, from + VECTORS_PER_READ).map(({ market }) => market.number);
      loaded = withVectors(loaded, await vectors.find(numbers, { numbers: [], version }));
    }
    return loaded;
  }

  /** Reads the vectors of changed markets that are new to the snapshot, or were stored after it. */
  async #withNewVectors(
    before: CatalogSnapshot,
    snapshot: CatalogSnapshot,
    changed: readonly Market[],
  ): Promise<CatalogSnapshot> {
    const { vectors } = this.deps;
    if (vectors === null) return snapshot;
    const open = changed.filter(({ id }) => snapshot.byId.has(id));
    const { known = [], added = [] } = Object.groupBy(open, ({ id }) =>
      before.byId.has(id) ? 'known' : 'added',
    );
    const numbersOf = (markets: readonly Market[]): number[] => markets.map(({ number }) => number);
    const since = { numbers: numbersOf(known), version: before.version };
    return withVectors(snapshot, await vectors.find(numbersOf(added), since));
  }

  async #findAll(ids: readonly string[]): Promise<Market[]> {
    const found: Market[] = [];
    for (let from = 0; from < ids.length; from += PAGE_SIZE) {
      found.push(...(await this.deps.markets.findByIds(ids.slice(from, from + PAGE_SIZE))));
    }
    return found;
  }

  async #apply(markets: readonly Market[], version: bigint): Promise<void> {
    if (markets.length === 0) return;
    const before = this.#snapshot;
    let snapshot = before;
    for (let from = 0; from < markets.length; from += APPLIED_PER_TURN) {
      if (from > 0) await nextTurn();
      snapshot = patchSnapshot(snapshot, markets.slice(from, from + APPLIED_PER_TURN), version);
    }
    snapshot = await this.#withNewVectors(before, snapshot, markets);
    const isSmall = snapshot.entries.length <= ALWAYS_REWEIGHTED_MARKETS;
    if (isSmall && !snapshot.columns.hasCurrentWeights) snapshot = atOnce(refreshSnapshotWork(snapshot));
    this.#snapshot = snapshot;
    this.deps.logger.debug(
      { changed: markets.length, open: snapshot.entries.length, version: String(version) },
      'catalog changed',
    );
    this.deps.onChanged(markets, before);
  }

  /** Recomputes the weights of terms and topics in slices. The next refresh waits for it. */
  async #reweight(): Promise<void> {
    const nowMs = this.deps.clock();
    const isRecent = nowMs - this.#reweightedAtMs < REWEIGHT_INTERVAL_MS;
    if (this.#snapshot.columns.hasCurrentWeights || isRecent) return;
    this.#reweightedAtMs = nowMs;
    this.#snapshot = await inSlices(refreshSnapshotWork(this.#snapshot));
  }
}
