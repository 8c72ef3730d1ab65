import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import type { Market } from '../domain/market.js';
import type { MarketRepository } from '../storage/markets/market-repository.js';
import {
  emptySnapshot,
  patchSnapshot,
  refreshSnapshotWork,
  snapshotWork,
  toEntry,
  type CatalogEntry,
  type CatalogSnapshot,
} from './catalog-snapshot.js';
import { atOnce, inSlices } from '../lib/in-slices.js';

/** Markets of one read of the database: 250 take about 5 ms to decode. */
const PAGE = 250;

/** Changed markets that are applied to the columns in one slice: each may have a new text to divide into words. */
const APPLIED_AT_ONCE = 100;

/** Up to this size, every change recomputes the weights of words and topics, which takes about 1 ms. */
const WEIGHED_AT_ONCE = 2_000;

/** Shortest time between two recomputations of the weights of a larger catalog. */
const WEIGHED_EVERY_MS = 30_000;

/** The open markets in memory, kept up to date from the database without occupying the event loop for long. */
export class OpenMarkets {
  #snapshot = emptySnapshot;
  /** Changes up to this version are in the snapshot. Null before the first load. */
  #version: bigint | null = null;
  #weighedAtMs = -Infinity;
  #weighing: Promise<void> = Promise.resolve();
  #reading: Promise<void> | null = null;
  #nextReading: Promise<void> | null = null;

  constructor(
    private readonly deps: {
      readonly markets: Pick<MarketRepository, 'newestVersion' | 'open' | 'changedSince' | 'findByIds'>;
      readonly clock: Clock;
      readonly logger: Logger;
      /** Called with markets that changed, open or not, once the snapshot has them. */
      readonly onChanged: (changed: readonly Market[]) => void;
    },
  ) {}

  get snapshot(): CatalogSnapshot {
    return this.#snapshot;
  }

  /**
   * Brings the snapshot up to what is stored at the time of the call. A read that is in progress may have missed that,
   * so callers wait for the next one, which they share.
   */
  refresh(): Promise<void> {
    if (this.#reading === null) {
      this.#reading = this.#load().finally(() => (this.#reading = null));
      return this.#reading;
    }
    this.#nextReading ??= this.#reading
      .catch(() => undefined)
      .then(() => {
        this.#nextReading = null;
        return this.refresh();
      });
    return this.#nextReading;
  }

  async #load(): Promise<void> {
    await this.#weighing;
    let version = this.#version ?? (await this.#loadAll());
    for (let hasMore = true; hasMore;) {
      const page = await this.deps.markets.changedSince(version, PAGE);
      if (page === null) {
        this.deps.logger.warn(
          { version: String(version) },
          'catalog is too old to catch up, reading all of it',
        );
        version = await this.#loadAll();
        continue;
      }
      await this.#apply(page.markets, page.version);
      ({ version, hasMore } = page);
      this.#version = version;
    }
    this.#weighing = this.#weigh();
  }

  /**
   * Reads every open market. What changes in the meantime has a later version, and is read next.
   *
   * @returns the version of the snapshot.
   */
  async #loadAll(): Promise<bigint> {
    const { markets, onChanged, clock } = this.deps;
    const version = await markets.newestVersion();
    const entries: CatalogEntry[] = [];
    for (let page: readonly Market[], after = ''; ;) {
      page = await markets.open(after, PAGE);
      for (const market of page) entries.push(toEntry(market));
      after = page.at(-1)?.id ?? '';
      if (page.length < PAGE) break;
    }
    const before = this.#snapshot;
    this.#snapshot = await inSlices(snapshotWork(entries, version));
    this.#version = version;
    this.#weighedAtMs = clock();
    if (before.entries.length > 0) {
      const gone = before.columns.ids.filter((id) => !this.#snapshot.byId.has(id));
      onChanged([...this.#snapshot.entries.map(({ market }) => market), ...(await this.#findAll(gone))]);
    }
    return version;
  }

  async #findAll(ids: readonly string[]): Promise<Market[]> {
    const found: Market[] = [];
    for (let from = 0; from < ids.length; from += PAGE) {
      found.push(...(await this.deps.markets.findByIds(ids.slice(from, from + PAGE))));
    }
    return found;
  }

  async #apply(markets: readonly Market[], version: bigint): Promise<void> {
    if (markets.length === 0) return;
    let snapshot = this.#snapshot;
    for (let from = 0; from < markets.length; from += APPLIED_AT_ONCE) {
      if (from > 0) await nextTurn();
      snapshot = patchSnapshot(snapshot, markets.slice(from, from + APPLIED_AT_ONCE), version);
    }
    const isSmall = snapshot.entries.length <= WEIGHED_AT_ONCE;
    if (isSmall && !snapshot.columns.weighed) snapshot = atOnce(refreshSnapshotWork(snapshot));
    this.#snapshot = snapshot;
    this.deps.logger.debug(
      { changed: markets.length, open: snapshot.entries.length, version: String(version) },
      'catalog changed',
    );
    this.deps.onChanged(markets);
  }

  /** Recomputes the weights of words and topics, in slices; the next read of changes waits for it. */
  async #weigh(): Promise<void> {
    const nowMs = this.deps.clock();
    if (this.#snapshot.columns.weighed || nowMs - this.#weighedAtMs < WEIGHED_EVERY_MS) return;
    this.#weighedAtMs = nowMs;
    this.#snapshot = await inSlices(refreshSnapshotWork(this.#snapshot));
  }
}
