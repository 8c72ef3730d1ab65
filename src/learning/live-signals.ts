import { LRUCache } from 'lru-cache';
import { decayFactor } from '../domain/decay.js';
import { marketPatterns } from '../catalog/columns/market-terms.js';
import { endOf, type Market } from '../domain/market.js';
import { hashUserKey } from '../domain/profile.js';
import { DAY_MS } from '../lib/time.js';
import { horizonOf, HORIZONS } from '../scoring/v2/horizon.js';
import type { MarketActivity, Moves, SiteSignals } from '../scoring/v2/site-signals.js';

/** An engagement of a user, with what the signals count of its market. */
export interface SignalEvent {
  readonly atMs: number;
  readonly userKey: string;
  readonly market: SignalMarket;
}

export interface SignalMarket {
  readonly id: string;
  readonly series: string;
  readonly template: string;
  /** Milliseconds since 1970; infinite when unknown. */
  readonly endsAtMs: number;
}

export function signalMarket(market: Market): SignalMarket {
  const { series, template } = marketPatterns(market);
  return { id: market.id, series, template, endsAtMs: endOf(market)?.getTime() ?? Infinity };
}

/** Bounds of the memory, about 40 MB in all. The least recently used entries are dropped. */
const MAX_USERS = 100_000;
const MAX_SOURCES = 10_000;
const MAX_NEXT = 32;
const MAX_TEMPLATES = 5_000;
const MAX_MARKETS = 20_000;

/** Latest users of a market that count once, however often they return. */
const DISTINCT_USERS = 16;

const HALF_LIFE_DAYS = 7;

interface Activity extends MarketActivity {
  /** Hashes of the latest users and when they engaged. */
  readonly users: readonly { readonly hash: number; readonly atMs: number }[];
}

/** Plain data of one key; the least recently used entries of a list come first. */
export interface SignalEntries {
  /** Source, number of engagements with it, and next keys with the numbers of moves. */
  readonly marketMoves: MovesEntry;
  readonly seriesMoves: MovesEntry;
  readonly templates: readonly [template: string, horizons: readonly number[]];
  /** Market, time of the latest engagement, recent users, and hashes of the latest users with their times. */
  readonly activity: readonly [string, number, number, readonly (readonly [number, number])[]];
}

export type SignalEntry = {
  [List in keyof SignalEntries]: readonly [list: List, entry: SignalEntries[List]];
}[keyof SignalEntries];

type MovesEntry = readonly [string, number, readonly (readonly [string, number])[]];

/** Counts of the choices of all users, updated by each engagement. */
export class LiveSignals {
  /** The latest market of each user; not stored, so a restart loses at most one move per user. */
  readonly #latest = new LRUCache<string, { readonly market: SignalMarket; readonly atMs: number }>({
    max: MAX_USERS,
  });
  readonly #marketMoves = new MoveCounts();
  readonly #seriesMoves = new MoveCounts();
  readonly #templates = new LRUCache<string, Float64Array>({ max: MAX_TEMPLATES });
  readonly #activity = new LRUCache<string, Activity>({ max: MAX_MARKETS });
  readonly #horizons = new Float64Array(HORIZONS);
  #view: SiteSignals | undefined;

  /** Number of choices by horizon. */
  get horizons(): readonly number[] {
    return [...this.#horizons];
  }

  /** The other counts as plain data. */
  *entries(): Generator<SignalEntry> {
    for (const entry of this.#marketMoves.entries()) yield ['marketMoves', entry];
    for (const entry of this.#seriesMoves.entries()) yield ['seriesMoves', entry];
    for (const [template, horizons] of oldestFirst(this.#templates))
      yield ['templates', [template, [...horizons]]];
    for (const [marketId, { lastAtMs, recentUsers, users }] of oldestFirst(this.#activity))
      yield ['activity', [marketId, lastAtMs, recentUsers, users.map(({ hash, atMs }) => [hash, atMs])]];
  }

  /** Restores {@link horizons}. */
  restoreHorizons(horizons: readonly number[]): void {
    this.#horizons.set(horizons);
  }

  /** Restores one of the {@link entries}, in their order. */
  restore([list, entry]: SignalEntry): void {
    switch (list) {
      case 'marketMoves':
        this.#marketMoves.restore(entry);
        break;
      case 'seriesMoves':
        this.#seriesMoves.restore(entry);
        break;
      case 'templates':
        this.#templates.set(entry[0], Float64Array.from(entry[1]));
        break;
      case 'activity': {
        const [marketId, lastAtMs, recentUsers, users] = entry;
        this.#activity.set(marketId, {
          ...{ lastAtMs, recentUsers },
          users: users.map(([hash, atMs]) => ({ hash, atMs })),
        });
      }
    }
  }

  /** Counts an engagement; none is earlier than the last, except for clock skew. */
  add({ atMs, userKey, market }: SignalEvent): void {
    this.#view = undefined;
    this.#countActivity(market.id, hashUserKey(userKey), atMs);
    const before = this.#latest.peek(userKey);
    this.#latest.set(userKey, { market, atMs });
    this.#marketMoves.visit(market.id);
    this.#seriesMoves.visit(market.series);
    if (before?.market.id === market.id) return;
    const horizon = horizonOf(market.endsAtMs, atMs);
    this.#horizons[horizon] = (this.#horizons[horizon] as number) + 1;
    this.#countTemplate(market.template, horizon);
    if (before === undefined || atMs - before.atMs > DAY_MS) return;
    this.#marketMoves.add(before.market.id, market.id);
    this.#seriesMoves.add(before.market.series, market.series);
  }

  /** The signals as of the last engagement. Valid until the next one, which changes them. */
  view(): SiteSignals {
    return (this.#view ??= {
      movesFromMarket: (marketId) => this.#marketMoves.from(marketId),
      movesFromSeries: (series) => this.#seriesMoves.from(series),
      horizonShares: sharesOf(this.#horizons),
      horizonsOfTemplate: (template) => this.#templates.peek(template),
      activityOf: (marketId) => this.#activity.peek(marketId),
    });
  }

  #countTemplate(template: string, horizon: number): void {
    const counts = this.#templates.peek(template) ?? new Float64Array(HORIZONS);
    this.#templates.set(template, counts);
    counts[horizon] = (counts[horizon] as number) + 1;
  }

  #countActivity(marketId: string, hash: number, atMs: number): void {
    const before = this.#activity.peek(marketId);
    if (before === undefined) {
      this.#activity.set(marketId, { lastAtMs: atMs, recentUsers: 1, users: [{ hash, atMs }] });
      return;
    }
    const lastAtMs = Math.max(atMs, before.lastAtMs);
    const decayed = (value: number, sinceMs: number): number =>
      value * decayFactor((lastAtMs - sinceMs) / DAY_MS, HALF_LIFE_DAYS);
    const earlier = before.users.find((user) => user.hash === hash);
    const others =
      decayed(before.recentUsers, before.lastAtMs) - (earlier === undefined ? 0 : decayed(1, earlier.atMs));
    this.#activity.set(marketId, {
      lastAtMs,
      recentUsers: Math.max(0, others) + decayed(1, atMs),
      users: [{ hash, atMs }, ...before.users.filter((user) => user !== earlier)].slice(0, DISTINCT_USERS),
    });
  }
}

/** Share of each horizon, with one choice of each added, so that none is 0; null without choices. */
function sharesOf(counts: Float64Array): Float64Array | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  return counts.map((count) => (count + 1) / (total + HORIZONS));
}

/** Numbers of moves between keys, for the latest sources and their most frequent next keys. */
class MoveCounts {
  readonly #bySource = new LRUCache<string, { total: number; readonly to: Map<string, number> }>({
    max: MAX_SOURCES,
  });

  /** Counts an engagement with a source. */
  visit(source: string): void {
    const moves = this.#bySource.peek(source) ?? { total: 0, to: new Map<string, number>() };
    this.#bySource.set(source, moves);
    moves.total += 1;
  }

  /** Counts a move from a source. */
  add(from: string, to: string): void {
    const moves = this.#bySource.peek(from);
    if (moves === undefined) return;
    const count = moves.to.get(to) ?? 0;
    if (count === 0 && moves.to.size === MAX_NEXT) dropLeast(moves.to);
    moves.to.set(to, count + 1);
  }

  from(source: string): Moves | undefined {
    return this.#bySource.peek(source);
  }

  *entries(): Generator<MovesEntry> {
    for (const [source, { total, to }] of oldestFirst(this.#bySource)) yield [source, total, [...to]];
  }

  restore([source, total, to]: MovesEntry): void {
    this.#bySource.set(source, { total, to: new Map(to) });
  }
}

/** The entries of a cache, the least recently used first. */
function* oldestFirst<Value extends object>(cache: LRUCache<string, Value>): Generator<[string, Value]> {
  for (const key of cache.rkeys()) yield [key, cache.peek(key) as Value];
}

/** Removes the key of the lowest count; of equal ones, the oldest. */
function dropLeast(counts: Map<string, number>): void {
  let least: string | undefined;
  let lowest = Infinity;
  for (const [key, count] of counts) {
    if (count >= lowest) continue;
    least = key;
    lowest = count;
  }
  if (least !== undefined) counts.delete(least);
}
