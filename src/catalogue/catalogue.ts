import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../config/clock.js';
import { BellwetherError } from '../errors.js';
import { checkInput } from '../input/check-input.js';
import { repairText, type RepairNote } from '../input/parse-with-repairs.js';
import { isStorableText } from '../input/storable.js';
import type { Logger } from '../observability/logger.js';
import type { PastMarket } from '../scoring/v2/market-columns.js';
import type { Market } from '../repositories/market.js';
import type { MarketRepository } from '../repositories/market-repository.js';
import { orUnavailable } from '../repositories/unavailable.js';
import { emptySnapshot, patchSnapshot, type CatalogueSnapshot } from './catalogue-snapshot.js';
import { decodeCursor, marketPageRequest, toMarketPage, type MarketPage } from './market-page.js';
import { applyMarketInput, checkMarketInput, type CheckedMarketInput } from './market-input.js';
import { toPastMarket } from './market-terms.js';
import { PastMarkets } from './past-markets.js';

export type { CatalogueEntry, CatalogueSnapshot } from './catalogue-snapshot.js';

const MAX_UPSERT = 1_000;

/** Markets that are over and remembered from the start on. */
const PAST_AT_START = 20_000;

/** What became of one market of an upsert. */
export interface UpsertResult {
  readonly id: string;
  readonly outcome: 'CREATED' | 'UPDATED' | 'UNCHANGED' | 'REJECTED';
  /** Why it was rejected, naming the field. */
  readonly reason?: string;
  /** One sentence for each invalid field that was repaired or dropped. */
  readonly repairs: readonly string[];
}

/** Told of the markets that changed, open or not, as they are now; the snapshot has them already. */
export type CatalogueListener = (changed: readonly Market[]) => void;

/** The markets: stored in the database, the open ones held in memory and kept up to date. */
export class Catalogue {
  readonly #past = new PastMarkets();
  readonly #listeners = new Set<CatalogueListener>();
  #snapshot = emptySnapshot;
  #loadedAtMs: number | null = null;
  #reading: Promise<void> | null = null;
  #nextReading: Promise<void> | null = null;

  constructor(private readonly parts: { markets: MarketRepository; clock: Clock; logger: Logger }) {}

  /** The open markets as last seen. */
  get snapshot(): CatalogueSnapshot {
    return this.#snapshot;
  }

  /** When the snapshot was last known to be the newest; null before the first load. */
  get loadedAtMs(): number | null {
    return this.#loadedAtMs;
  }

  /** @returns a function that ends the telling. */
  onChange(listener: CatalogueListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * The words and event of a market, open or lately over; undefined for one that is not in memory. An arrow, so that it
   * can be handed on by itself.
   */
  readonly pastMarket = (marketId: string): PastMarket | undefined => {
    const open = this.#snapshot.byId.get(marketId);
    return open === undefined ? this.#past.get(marketId) : toPastMarket(open.market);
  };

  /**
   * Brings the snapshot up to what is stored at the time of the call. A reading that is under way may
   * have missed that, so callers wait for the next one, which they share.
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

  /** Reads what markets were about that are over already, for those who engaged with them. */
  async rememberPast(): Promise<void> {
    const past = await this.parts.markets.latelyOver(PAST_AT_START);
    for (const market of past.reverse()) this.#past.remember(market);
  }

  async #load(): Promise<void> {
    const { markets, version } = await this.parts.markets.changedSince(this.#snapshot.version);
    if (markets.length > 0) {
      this.#snapshot = patchSnapshot(this.#snapshot, markets, version);
      for (const market of markets) if (market.status !== 'OPEN') this.#past.remember(market);
      this.parts.logger.debug(
        { changed: markets.length, open: this.#snapshot.entries.length, version: String(version) },
        'catalogue changed',
      );
      this.#tellListeners(markets);
    }
    this.#loadedAtMs = this.parts.clock();
  }

  #tellListeners(changed: readonly Market[]): void {
    for (const listener of this.#listeners) {
      try {
        listener(changed);
      } catch (error) {
        this.parts.logger.error({ err: error }, 'a part could not take in the markets that changed');
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
    const { byId } = this.#snapshot;
    const missing = ids.filter((id) => !byId.has(id) && isStorableText(id));
    const stored = missing.length === 0 ? [] : await this.#read(() => this.parts.markets.findByIds(missing));
    const others = new Map(stored.map((market) => [market.id, market]));
    return ids.map((id) => byId.get(id)?.market ?? others.get(id));
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
    const { markets, hasMore } = await this.#read(() => this.parts.markets.page(restrictions, first, cursor));
    return toMarketPage(markets, hasMore, cursor === undefined);
  }

  /**
   * Creates or updates markets: what an input leaves out keeps its value, null takes it away; only a new
   * market needs a title. Each is judged by itself; when an id comes twice, the later one is applied to the result of the earlier.
   *
   * @returns what became of each, in order.
   * @throws {BellwetherError} BAD_USER_INPUT for more than 1,000 at once; UNAVAILABLE when nothing could be stored.
   */
  async upsert(inputs: readonly unknown[]): Promise<UpsertResult[]> {
    const checked = checkAll(inputs);
    let decided: UpsertResult[] = [];
    if (checked.valid.length > 0) {
      const now = new Date(this.parts.clock());
      await orUnavailable('The markets could not be stored now.', () =>
        this.parts.markets.change(idsOf(checked.valid), now, (stored) => {
          const { results, changed } = decide(stored, checked.valid, now);
          decided = results;
          return changed;
        }),
      );
      if (decided.some(({ outcome }) => outcome === 'CREATED' || outcome === 'UPDATED'))
        await this.#showChanges();
    }
    return checked.inOrder(decided);
  }

  /** Judges markets as {@link upsert} would, and stores nothing. */
  async checkUpsert(inputs: readonly unknown[]): Promise<UpsertResult[]> {
    const checked = checkAll(inputs);
    const stored = await this.#read(() => this.parts.markets.findByIds(idsOf(checked.valid)));
    const byId = new Map(stored.map((market) => [market.id, market]));
    return checked.inOrder(decide(byId, checked.valid, new Date(this.parts.clock())).results);
  }

  async #showChanges(): Promise<void> {
    // A process that never asked for the snapshot does not hold one.
    if (this.#loadedAtMs === null) return;
    // The markets are stored whatever becomes of this: the next periodic reading brings them too.
    await this.refresh().catch((error: unknown) => {
      this.parts.logger.warn({ err: error }, 'the catalogue could not be read again after a change');
    });
  }
}

interface ValidInput {
  readonly market: CheckedMarketInput;
  readonly repairs: readonly RepairNote[];
}

/** Inputs that passed the check, and how to put what became of them among those that did not. */
interface CheckedInputs {
  readonly valid: readonly ValidInput[];
  inOrder(decided: readonly UpsertResult[]): UpsertResult[];
}

function checkAll(inputs: readonly unknown[]): CheckedInputs {
  if (inputs.length > MAX_UPSERT) {
    throw BellwetherError.badInput('markets', `markets must have at most ${MAX_UPSERT} entries.`);
  }
  const checked = inputs.map(checkMarketInput);
  return {
    valid: checked.filter((input) => input.market !== undefined),
    inOrder: (decided) => {
      const rest = decided.values();
      return checked.flatMap(({ fault }, index): UpsertResult[] => {
        if (fault !== undefined) return [rejected(idOf(inputs[index]), fault)];
        const next = rest.next().value;
        return next === undefined ? [] : [next];
      });
    },
  };
}

function rejected(id: string, reason: string): UpsertResult {
  return { id, outcome: 'REJECTED', reason, repairs: [] };
}

function idsOf(inputs: readonly ValidInput[]): string[] {
  return [...new Set(inputs.map(({ market }) => market.id))];
}

function decide(
  stored: ReadonlyMap<string, Market>,
  inputs: readonly ValidInput[],
  now: Date,
): { results: UpsertResult[]; changed: Market[] } {
  const present = new Map(stored);
  const changed = new Map<string, Market>();
  const results = inputs.map(({ market: input, repairs }): UpsertResult => {
    const { id } = input;
    const before = present.get(id);
    const title = input.title ?? before?.title;
    if (title === undefined) {
      const invalid = repairs.find(({ field }) => field === 'title');
      return rejected(id, `title: ${invalid?.reason ?? 'is needed for a new market'}`);
    }
    const after = applyMarketInput(before, { ...input, title }, now);
    const notes = repairs.map(repairText);
    if (before !== undefined && isDeepStrictEqual(before, after)) {
      return { id, outcome: 'UNCHANGED', repairs: notes };
    }
    present.set(id, after);
    changed.set(id, after);
    return { id, outcome: before === undefined ? 'CREATED' : 'UPDATED', repairs: notes };
  });
  return { results, changed: [...changed.values()] };
}

function idOf(input: unknown): string {
  const id = typeof input === 'object' && input !== null && 'id' in input ? input.id : undefined;
  return typeof id === 'string' || typeof id === 'number' ? String(id) : '';
}
