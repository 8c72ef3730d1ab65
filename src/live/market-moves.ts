import type { Catalog } from '../catalog/catalog.js';
import type { Market } from '../catalog/market.js';
import type { Clock } from '../lib/clock.js';
import { PacedStream } from './paced-stream.js';
import { wakeInTurns } from './wake-in-turns.js';

/** One market that moved. What it was before is null when it was not known, or had no probability. */
export interface MarketMove {
  readonly market: Market;
  /** 0–1. */
  readonly probabilityBefore: number | null;
  /** 0–1. */
  readonly probability: number | null;
  /** The one less the other, −1 to 1; null without both. */
  readonly change: number | null;
  readonly statusBefore: Market['status'] | null;
}

/** The markets that moved since the last such message, or since the beginning of the subscription. */
export interface MarketsMoved {
  readonly at: Date;
  /** In the order in which they began to move; never empty. */
  readonly moves: readonly MarketMove[];
}

/** A market that somebody follows. */
interface Watch {
  /** As last seen; undefined when there is none, or while it is not known. */
  market: Market | undefined;
  known: boolean;
  readonly followers: Set<Follower>;
}

interface Follower {
  /** What the follower was last told of the markets that changed since then, by id. */
  readonly before: Map<string, Market | undefined>;
  readonly stream: PacedStream<MarketsMoved>;
}

/**
 * Tells whoever follows a market of its moves. A change of the catalog costs a look-up for each market changed, and
 * work only for the followers of those that moved.
 */
export class MarketMoves {
  readonly #watches = new Map<string, Watch>();

  constructor(
    private readonly deps: {
      readonly catalog: Pick<Catalog, 'snapshot' | 'findByIds'>;
      readonly clock: Clock;
      readonly pauseMs: number;
    },
  ) {}

  /** How many markets are followed. */
  get followedMarkets(): number {
    return this.#watches.size;
  }

  /**
   * Follows markets from now on. An id that no market has is waited for.
   *
   * @param ids distinct ones.
   * @throws {BellwetherError} UNAVAILABLE when some are not in memory and the database is not there.
   */
  async follow(ids: readonly string[]): Promise<PacedStream<MarketsMoved>> {
    const follower: Follower = {
      before: new Map(),
      stream: new PacedStream({
        take: () => this.#take(follower),
        pauseMs: this.deps.pauseMs,
        onEnd: () => this.#leave(follower, ids),
      }),
    };
    for (const id of ids) this.#watch(id).followers.add(follower);
    try {
      await this.#learn(ids);
    } catch (error) {
      await follower.stream.return();
      throw error;
    }
    return follower.stream;
  }

  /** Takes in markets as they are now, open or not. */
  changed(markets: readonly Market[]): void {
    const moved = new Set<PacedStream<MarketsMoved>>();
    for (const market of markets) {
      const watch = this.#watches.get(market.id);
      if (watch === undefined) continue;
      const { market: before, known } = watch;
      watch.market = market;
      watch.known = true;
      if (known && standsAs(before, market)) continue;
      for (const follower of watch.followers) {
        if (!follower.before.has(market.id)) follower.before.set(market.id, before);
        moved.add(follower.stream);
      }
    }
    wakeInTurns(moved);
  }

  #watch(id: string): Watch {
    const present = this.#watches.get(id);
    if (present !== undefined) return present;
    const market = this.deps.catalog.snapshot.byId.get(id)?.market;
    const watch: Watch = { market, known: market !== undefined, followers: new Set() };
    this.#watches.set(id, watch);
    return watch;
  }

  /** Reads how the markets stand that are not open. A change that came meanwhile knows better. */
  async #learn(ids: readonly string[]): Promise<void> {
    const unknown = ids.filter((id) => this.#watches.get(id)?.known === false);
    if (unknown.length === 0) return;
    const found = await this.deps.catalog.findByIds(unknown);
    unknown.forEach((id, index) => {
      const watch = this.#watches.get(id);
      if (watch === undefined || watch.known) return;
      watch.market = found[index];
      watch.known = true;
    });
  }

  #take({ before }: Follower): MarketsMoved | undefined {
    const moves: MarketMove[] = [];
    for (const [id, told] of before) {
      const market = this.#watches.get(id)?.market;
      if (market !== undefined && !standsAs(told, market)) moves.push(moveOf(told, market));
    }
    before.clear();
    return moves.length === 0 ? undefined : { at: new Date(this.deps.clock()), moves };
  }

  #leave(follower: Follower, ids: readonly string[]): void {
    for (const id of ids) {
      const watch = this.#watches.get(id);
      watch?.followers.delete(follower);
      if (watch?.followers.size === 0) this.#watches.delete(id);
    }
  }
}

function standsAs(before: Market | undefined, market: Market): boolean {
  return before?.probability === market.probability && before.status === market.status;
}

function moveOf(before: Market | undefined, market: Market): MarketMove {
  const probabilityBefore = before?.probability ?? null;
  const { probability } = market;
  return {
    market,
    probabilityBefore,
    probability,
    change: probability === null || probabilityBefore === null ? null : probability - probabilityBefore,
    statusBefore: before?.status ?? null,
  };
}
