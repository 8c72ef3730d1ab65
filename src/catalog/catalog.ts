import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../lib/clock.js';
import { checkInput } from '../lib/input/check-input.js';
import { isStorableText } from '../lib/input/storable.js';
import type { Logger } from '../lib/logger.js';
import type { PastMarket } from '../scoring/v2/features.js';
import type { Market, MarketTexts } from '../domain/market.js';
import type { MarketRepository } from '../storage/markets/market-repository.js';
import { orUnavailable } from '../storage/unavailable.js';
import type { CatalogSnapshot } from './catalog-snapshot.js';
import { decodeCursor, marketPageRequest, toMarketPage, type MarketPage } from './market-page.js';
import { toPastMarket } from './columns/market-terms.js';
import type { MarketWriter } from './market-writer.js';
import { OpenMarkets } from './open-markets.js';
import { PastMarkets } from './past-markets.js';
import { checkAll, decide, idsOf, type UpsertResult } from './upsert.js';

export type { CatalogEntry, CatalogSnapshot } from './catalog-snapshot.js';

/** Markets that are over and remembered from the start on, and how many of them are read at once. */
const PAST_AT_START = 20_000;
const PAST_PAGE = 500;

type PastPage = Awaited<ReturnType<MarketRepository['recentlyClosed']>>;

/** Told of the markets that changed, open or not, as they are now; the snapshot has them already. */
export type CatalogListener = (changed: readonly Market[]) => void;

/** The markets: stored in the database, the open ones held in memory and kept up to date. */
export class Catalog {
  readonly #past = new PastMarkets();
  readonly #listeners = new Set<CatalogListener>();
  readonly #open: OpenMarkets;
  #loadedAtMs: number | null = null;

  constructor(
    private readonly deps: {
      readonly markets: Pick<
        MarketRepository,
        'findByIds' | 'findRecords' | 'newestVersion' | 'open' | 'changedSince' | 'recentlyClosed'
      >;
      /** Reads lists, on connections that no event waits for. */
      readonly lists: Pick<MarketRepository, 'page' | 'texts'>;
      readonly writer: Pick<MarketWriter, 'write'>;
      readonly clock: Clock;
      readonly logger: Logger;
    },
  ) {
    const { markets, clock, logger } = deps;
    this.#open = new OpenMarkets({
      ...{ markets, clock, logger },
      onChanged: (changed) => {
        for (const market of changed) if (market.status !== 'OPEN') this.#past.remember(market);
        this.#tellListeners(changed);
      },
    });
  }

  /** The open markets as last seen. */
  get snapshot(): CatalogSnapshot {
    return this.#open.snapshot;
  }

  /** When the snapshot was last known to be the newest; null before the first load. */
  get loadedAtMs(): number | null {
    return this.#loadedAtMs;
  }

  /** @returns a function that ends the telling. */
  onChange(listener: CatalogListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * The words and event of a market, open or lately over; undefined for one that is not in memory. An arrow, so that it
   * can be handed on by itself.
   */
  readonly pastMarket = (marketId: string): PastMarket | undefined => {
    const open = this.snapshot.byId.get(marketId);
    return open === undefined ? this.#past.get(marketId) : toPastMarket(open.market);
  };

  /**
   * Brings the snapshot up to what is stored at the time of the call. A reading that is under way may
   * have missed that, so callers wait for the next one, which they share.
   */
  async refresh(): Promise<void> {
    await this.#open.refresh();
    this.#loadedAtMs = this.deps.clock();
  }

  /** Reads what markets were about that are over already, for users who engaged with them. */
  async rememberPast(): Promise<void> {
    const pages: PastPage[] = [];
    for (let before: bigint | null = null, count = 0; count < PAST_AT_START; count += PAST_PAGE) {
      const page: PastPage = await this.deps.markets.recentlyClosed(PAST_PAGE, before);
      pages.push(page);
      before = page.at(-1)?.version ?? null;
      if (page.length < PAST_PAGE) break;
    }
    // The latest last, which are evicted last.
    for (const page of pages.reverse()) {
      await nextTurn();
      for (const market of page.reverse()) this.#past.remember(market);
    }
  }

  #tellListeners(changed: readonly Market[]): void {
    for (const listener of this.#listeners) {
      try {
        listener(changed);
      } catch (error) {
        this.deps.logger.error({ err: error }, 'a part could not take in the markets that changed');
      }
    }
  }

  #read<Result>(work: () => Promise<Result>): Promise<Result> {
    return orUnavailable('The markets could not be read now.', work);
  }

  /**
   * The markets with these ids, open or not, in the order asked; undefined where there is none.
   *
   * @throws {BellwetherError} UNAVAILABLE when some are not in memory and the database is not there.
   */
  async findByIds(ids: readonly string[]): Promise<(Market | undefined)[]> {
    const { byId } = this.snapshot;
    const missing = ids.filter((id) => !byId.has(id) && isStorableText(id));
    const stored = missing.length === 0 ? [] : await this.#read(() => this.deps.markets.findByIds(missing));
    const others = new Map(stored.map((market) => [market.id, market]));
    return ids.map((id) => byId.get(id)?.market ?? others.get(id));
  }

  /**
   * The long texts of the markets with these ids, in the order asked; undefined where there is no such market. They are not
   * kept in memory.
   *
   * @throws {BellwetherError} UNAVAILABLE without a database.
   */
  async texts(ids: readonly string[]): Promise<(MarketTexts | undefined)[]> {
    const found = await this.#read(() => this.deps.lists.texts(ids.filter(isStorableText)));
    const byId = new Map(found.map((texts) => [texts.id, texts]));
    return ids.map((id) => byId.get(id));
  }

  /**
   * One page of all markets, open or not, newest first.
   *
   * @throws {BellwetherError} BAD_USER_INPUT naming the field; UNAVAILABLE without a database.
   */
  async page(input: unknown): Promise<MarketPage> {
    const { first, after, filter } = checkInput(marketPageRequest, input);
    const cursor = after == null ? undefined : decodeCursor(after);
    const restrictions = {
      category: filter?.category ?? undefined,
      tag: filter?.tag ?? undefined,
      status: filter?.status ?? undefined,
      text: filter?.text ?? undefined,
    };
    const { markets, hasMore } = await this.#read(() => this.deps.lists.page(restrictions, first, cursor));
    return toMarketPage(markets, hasMore, cursor === undefined);
  }

  /**
   * Creates or updates markets: what an input leaves out keeps its value, null takes it away; only a new
   * market needs a title. Each is judged by itself; when an id comes twice, the later one is applied to the result of the earlier.
   *
   * @returns what became of each, in order.
   * @throws {BellwetherError} BAD_USER_INPUT for more than 1,000 at once; UNAVAILABLE when nothing was stored, or too many
   *   markets wait to be stored.
   */
  async upsert(inputs: readonly unknown[]): Promise<UpsertResult[]> {
    const checked = await checkAll(inputs);
    const decided = checked.valid.length === 0 ? [] : await this.deps.writer.write(checked.valid);
    if (decided.some(({ outcome }) => outcome === 'CREATED' || outcome === 'UPDATED'))
      await this.#showChanges();
    return checked.inOrder(decided);
  }

  /** Judges markets as {@link upsert} would, and stores nothing. */
  async checkUpsert(inputs: readonly unknown[]): Promise<UpsertResult[]> {
    const checked = await checkAll(inputs);
    const stored = await this.#read(() => this.deps.markets.findRecords(idsOf(checked.valid)));
    const byId = new Map(stored.map((market) => [market.id, market]));
    return checked.inOrder(decide(byId, checked.valid, new Date(this.deps.clock())).results);
  }

  async #showChanges(): Promise<void> {
    // A process that never asked for the snapshot does not hold one.
    if (this.#loadedAtMs === null) return;
    // The markets are stored whatever becomes of this: the next periodic reading brings them too.
    await this.refresh().catch((error: unknown) => {
      this.deps.logger.warn({ err: error }, 'the catalog could not be read again after a change');
    });
  }
}
