import type { Catalog } from '../catalog/catalog.js';
import type { Market } from '../domain/market.js';
import type { Clock } from '../lib/clock.js';
import { notifyInTurns, ThrottledStream } from './throttled-stream.js';

/** Change of one market. Previous values are null if they were unknown. */
interface MarketMove {
  readonly market: Market;
  /** 0–1. */
  readonly probabilityBefore: number | null;
  /** Present probability minus `probabilityBefore`, −1 to 1; null if either is null. */
  readonly probabilityChange: number | null;
  readonly statusBefore: Market['status'] | null;
}

/** Markets that changed since the last message, or since the subscription began. */
export interface MarketsMoved {
  readonly at: Date;
  /** In order of their first change; never empty. */
  readonly moves: readonly MarketMove[];
}

/** A market with subscribers. */
interface SubscribedMarket {
  /** Latest state; undefined if the market does not exist, or if its state is not loaded. */
  market: Market | undefined;
  loaded: boolean;
  readonly subscribers: Set<Subscriber>;
}

interface Subscriber {
  /** By id of each market that changed since the last message: its state at that message. */
  readonly before: Map<string, Market | undefined>;
  readonly stream: ThrottledStream<MarketsMoved>;
}

/**
 * Notifies subscribers when the probability or status of their markets changes. A catalog change costs one lookup per
 * changed market, and further work only for its subscribers.
 */
export class MarketSubscriptions {
  readonly #markets = new Map<string, SubscribedMarket>();

  constructor(
    private readonly deps: {
      readonly catalog: Pick<Catalog, 'snapshot' | 'findByIds'>;
      readonly clock: Clock;
      /** Minimum time between two messages of one subscription. */
      readonly intervalMs: number;
    },
  ) {}

  /** Number of markets with subscribers. */
  get marketCount(): number {
    return this.#markets.size;
  }

  /**
   * Subscribes to changes of markets from now on. An id without a market notifies once the market is created.
   *
   * @param ids distinct ids.
   * @throws {BellwetherError} UNAVAILABLE if markets must be read from the database and the read fails.
   */
  async subscribe(ids: readonly string[]): Promise<ThrottledStream<MarketsMoved>> {
    const subscriber: Subscriber = {
      before: new Map(),
      stream: new ThrottledStream({
        takePending: () => this.#takePending(subscriber),
        intervalMs: this.deps.intervalMs,
        onEnd: () => this.#unsubscribe(subscriber, ids),
      }),
    };
    for (const id of ids) this.#subscribedMarket(id).subscribers.add(subscriber);
    try {
      await this.#load(ids);
    } catch (error) {
      await subscriber.stream.return();
      throw error;
    }
    return subscriber.stream;
  }

  /** Compares changed markets, open or not, with their last state, and notifies their subscribers. */
  marketsChanged(markets: readonly Market[]): void {
    const streams = new Set<ThrottledStream<MarketsMoved>>();
    for (const market of markets) {
      const subscribed = this.#markets.get(market.id);
      if (subscribed === undefined) continue;
      const { market: before, loaded } = subscribed;
      subscribed.market = market;
      subscribed.loaded = true;
      if (loaded && hasSameState(before, market)) continue;
      for (const subscriber of subscribed.subscribers) {
        if (!subscriber.before.has(market.id)) subscriber.before.set(market.id, before);
        streams.add(subscriber.stream);
      }
    }
    notifyInTurns(streams);
  }

  #subscribedMarket(id: string): SubscribedMarket {
    const present = this.#markets.get(id);
    if (present !== undefined) return present;
    const market = this.deps.catalog.snapshot.byId.get(id)?.market;
    const created: SubscribedMarket = { market, loaded: market !== undefined, subscribers: new Set() };
    this.#markets.set(id, created);
    return created;
  }

  /** Loads the markets that are not open. A change that arrives during the read is newer and wins. */
  async #load(ids: readonly string[]): Promise<void> {
    const missing = ids.filter((id) => this.#markets.get(id)?.loaded === false);
    if (missing.length === 0) return;
    const found = await this.deps.catalog.findByIds(missing);
    missing.forEach((id, index) => {
      const subscribed = this.#markets.get(id);
      if (subscribed === undefined || subscribed.loaded) return;
      subscribed.market = found[index];
      subscribed.loaded = true;
    });
  }

  #takePending({ before }: Subscriber): MarketsMoved | undefined {
    const moves: MarketMove[] = [];
    for (const [id, previous] of before) {
      const market = this.#markets.get(id)?.market;
      if (market !== undefined && !hasSameState(previous, market)) moves.push(moveOf(previous, market));
    }
    before.clear();
    return moves.length === 0 ? undefined : { at: new Date(this.deps.clock()), moves };
  }

  #unsubscribe(subscriber: Subscriber, ids: readonly string[]): void {
    for (const id of ids) {
      const subscribed = this.#markets.get(id);
      subscribed?.subscribers.delete(subscriber);
      if (subscribed?.subscribers.size === 0) this.#markets.delete(id);
    }
  }
}

function hasSameState(before: Market | undefined, market: Market): boolean {
  return before?.probability === market.probability && before.status === market.status;
}

function moveOf(before: Market | undefined, market: Market): MarketMove {
  const probabilityBefore = before?.probability ?? null;
  const { probability } = market;
  return {
    market,
    probabilityBefore,
    probabilityChange:
      probability === null || probabilityBefore === null ? null : probability - probabilityBefore,
    statusBefore: before?.status ?? null,
  };
}
