import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Market, MarketOrder, MarketTexts } from '../domain/market.js';
import type { Clock } from '../lib/clock.js';
import { checkInput } from '../lib/input/check-input.js';
import { isStorableText } from '../lib/input/text-schemas.js';
import type { Logger } from '../lib/logger.js';
import type { MarketVector, PastMarket } from '../scoring/v2/features.js';
import { vectorOf } from '../scoring/v2/vector-similarity.js';
import type { VectorRepository } from '../storage/markets/vector-repository.js';
import type { MarketRepository } from '../storage/markets/market-repository.js';
import { orUnavailable } from '../storage/database-errors.js';
import type { CatalogSnapshot } from './catalog-snapshot.js';
import { ownCopy, singleVector } from './columns/vector-columns.js';
import { ClosedMarketCache, toPastMarket } from './columns/market-terms.js';
import {
  decodeCursor,
  marketPageRequest,
  NEWEST_FIRST,
  toMarketPage,
  type MarketPage,
} from './market-page.js';
import { applyInputs, idsOf, validateInputs, type MarketWriter, type UpsertResult } from './market-writer.js';
import { OpenMarkets } from './open-markets.js';

/** Maximum number of recently closed markets that are loaded at startup. */
const CLOSED_AT_START = 20_000;
/** Number of them per database read. */
const CLOSED_PAGE_SIZE = 500;

type ClosedPage = Awaited<ReturnType<MarketRepository['recentlyClosed']>>;

/** Receives the markets that changed, open or not, in their current state. The snapshot already contains them. */
type CatalogListener = (changed: readonly Market[]) => void;

/** The markets: stored in the database; the open ones also in memory. */
export class Catalog {
  readonly #closed = new ClosedMarketCache();
  readonly #listeners = new Set<CatalogListener>();
  readonly #open: OpenMarkets;
  #loadedAtMs: number | null = null;

  constructor(
    private readonly deps: {
      readonly markets: Pick<
        MarketRepository,
        'findByIds' | 'findRecords' | 'newestVersion' | 'open' | 'changedSince' | 'recentlyClosed'
      >;
      /** Default null: rankings use no text vectors. */
      readonly vectors?: Pick<VectorRepository, 'find' | 'findByIds'> | null;
      /** Reads lists on connections that event tracking does not use. */
      readonly lists: Pick<MarketRepository, 'page' | 'texts'>;
      readonly writer: Pick<MarketWriter, 'write'>;
      readonly clock: Clock;
      readonly logger: Logger;
    },
  ) {
    const { markets, vectors = null, clock, logger } = deps;
    this.#open = new OpenMarkets({
      ...{ markets, vectors, clock, logger },
      onChanged: (changed, before) => {
        for (const market of changed)
          if (market.status !== 'OPEN') this.#closed.add(market, this.#vectorAtClose(market.id, before));
        this.#notifyListeners(changed);
      },
    });
  }

  /** The open markets as of the last refresh. */
  get snapshot(): CatalogSnapshot {
    return this.#open.snapshot;
  }

  /** When the last successful refresh ended, in milliseconds since 1970; null before the first. */
  get loadedAtMs(): number | null {
    return this.#loadedAtMs;
  }

  /** @returns a function that removes the listener. */
  onChange(listener: CatalogListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * The terms and event of an open or recently closed market; undefined for a market that is not in memory. An arrow
   * function, so that callers can pass it on without its object.
   */
  readonly pastMarket = (marketId: string): PastMarket | undefined => {
    const { columns, entries } = this.snapshot;
    const row = columns.rowOf(marketId);
    const open = row === undefined ? undefined : entries[row];
    if (row === undefined || open === undefined) return this.#closed.get(marketId);
    return toPastMarket(open.market, vectorOf(columns.vectors, row));
  };

  /**
   * Applies everything that is stored at the time of the call. A refresh in progress may have missed the latest change, so
   * callers wait for the next one, which they share.
   */
  async refresh(): Promise<void> {
    await this.#open.refresh();
    this.#loadedAtMs = this.deps.clock();
  }

  /** Loads the terms of recently closed markets, so that engagements with them still affect the ranking. */
  async loadRecentlyClosed(): Promise<void> {
    const pages: ClosedPage[] = [];
    for (let before: bigint | null = null, count = 0; count < CLOSED_AT_START; count += CLOSED_PAGE_SIZE) {
      const page: ClosedPage = await this.deps.markets.recentlyClosed(CLOSED_PAGE_SIZE, before);
      pages.push(page);
      before = page.at(-1)?.version ?? null;
      if (page.length < CLOSED_PAGE_SIZE) break;
    }
    // Adds the most recent markets last, because the cache evicts the last added ones last.
    for (const page of pages.reverse()) {
      // Counting the terms of one page blocks the event loop long enough.
      await nextTurn();
      const vectors = await this.deps.vectors?.findByIds(page.map(({ id }) => id));
      for (const market of page.reverse()) {
        const stored = vectors?.get(market.id);
        this.#closed.add(market, stored === undefined ? null : singleVector(stored));
      }
    }
  }

  /** The vector of a market that closes, or of one that had closed before. */
  #vectorAtClose(marketId: string, { columns }: CatalogSnapshot): MarketVector | null {
    const row = columns.rowOf(marketId);
    if (row === undefined) return this.#closed.get(marketId)?.vector ?? null;
    const vector = vectorOf(columns.vectors, row);
    return vector === null ? null : ownCopy(vector);
  }

  #notifyListeners(changed: readonly Market[]): void {
    for (const listener of this.#listeners) {
      try {
        listener(changed);
      } catch (error) {
        this.deps.logger.error({ err: error }, 'a catalog listener failed');
      }
    }
  }

  #read<Result>(work: () => Promise<Result>): Promise<Result> {
    return orUnavailable('The markets could not be read; retry after retryAfterMs.', work);
  }

  /**
   * Finds markets by id, open or not. Returns them in the order of the ids, undefined for an unknown id.
   *
   * @throws {BellwetherError} UNAVAILABLE if some are not in memory and the database is unavailable.
   */
  async findByIds(ids: readonly string[]): Promise<(Market | undefined)[]> {
    const { byId } = this.snapshot;
    const missing = ids.filter((id) => !byId.has(id) && isStorableText(id));
    const stored = missing.length === 0 ? [] : await this.#read(() => this.deps.markets.findByIds(missing));
    const others = new Map(stored.map((market) => [market.id, market]));
    return ids.map((id) => byId.get(id)?.market ?? others.get(id));
  }

  /**
   * Reads the long texts of markets, which are not kept in memory. Returns them in the order of the ids, undefined for an
   * unknown id.
   *
   * @throws {BellwetherError} UNAVAILABLE if the database is unavailable.
   */
  async texts(ids: readonly string[]): Promise<(MarketTexts | undefined)[]> {
    const found = await this.#read(() => this.deps.lists.texts(ids.filter(isStorableText)));
    const byId = new Map(found.map((texts) => [texts.id, texts]));
    return ids.map((id) => byId.get(id));
  }

  /**
   * Reads one page of all markets, open or not; by default newest first.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field; UNAVAILABLE if the database is unavailable.
   */
  async page(input: unknown): Promise<MarketPage> {
    const { first, after, filter, orderBy } = checkInput(marketPageRequest, input);
    const order: MarketOrder = orderBy ?? NEWEST_FIRST;
    const cursor = after == null ? undefined : decodeCursor(after, order);
    const { markets, hasMore } = await this.#read(() =>
      this.deps.lists.page(filter ?? {}, order, first, cursor),
    );
    return toMarketPage(markets, order, hasMore, cursor === undefined);
  }

  /**
   * Creates or updates markets. Omitted fields keep their value; null clears a field; only a new market needs a title. Each
   * market is validated by itself. If an id occurs twice, the second input applies to the result of the first.
   *
   * @returns one result per input, in order.
   * @throws {BellwetherError} LIMIT_EXCEEDED for more than 1,000 inputs; UNAVAILABLE if nothing was stored or too many
   *   markets wait to be stored.
   */
  async upsert(inputs: readonly unknown[]): Promise<UpsertResult[]> {
    const validated = validateInputs(inputs);
    const results = validated.valid.length === 0 ? [] : await this.deps.writer.write(validated.valid);
    if (results.some(({ status }) => status === 'CREATED' || status === 'UPDATED'))
      await this.#refreshAfterWrite();
    return validated.merge(results);
  }

  /** Returns the results that {@link upsert} would return, and stores nothing. */
  async validateUpsert(inputs: readonly unknown[]): Promise<UpsertResult[]> {
    const validated = validateInputs(inputs);
    const stored = await this.#read(() => this.deps.markets.findRecords(idsOf(validated.valid)));
    const byId = new Map(stored.map((market) => [market.id, market]));
    return validated.merge(applyInputs(byId, validated.valid, new Date(this.deps.clock())).results);
  }

  async #refreshAfterWrite(): Promise<void> {
    // A process that never loaded the snapshot, such as an import, has no use for it.
    if (this.#loadedAtMs === null) return;
    // The markets are stored in any case, and the next periodic refresh loads them too.
    await this.refresh().catch((error: unknown) => {
      this.deps.logger.warn(
        { err: error },
        'failed to refresh the catalog after a change, retrying at the next refresh',
      );
    });
  }
}
