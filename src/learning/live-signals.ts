import { LRUCache } from 'lru-cache';
import { decayFactor, type DecayedScore } from '../domain/decay.js';
import { marketPatterns } from '../catalog/columns/market-terms.js';
import { endOf, topicKey, type Market } from '../domain/market.js';
import { hashUserKey } from '../domain/profile.js';
import { DAY_MS } from '../lib/time.js';
import { horizonOf, HORIZONS } from '../scoring/v2/horizon.js';
import {
  GROUP_HALF_LIFE_DAYS,
  GROUPS,
  RECENT_HALF_LIFE_DAYS,
  type Group,
  type MarketActivity,
  type Moves,
  type SiteSignals,
} from '../scoring/v2/site-signals.js';
import { hourOfDay, hourOfWeek, WEEK_HOURS } from '../scoring/v2/week-hours.js';
import { addTo, ContextCounts, type ContextEntry, type DecayedEntry } from './context-counts.js';

/** An engagement of a user, with what the signals count of its market. */
export interface SignalEvent {
  readonly atMs: number;
  readonly userKey: string;
  /** ISO 3166-1 alpha-2; null if unknown. */
  readonly country: string | null;
  readonly market: SignalMarket;
}

export interface SignalMarket extends Readonly<Record<Group, string>> {
  readonly id: string;
  /** Topic key. */
  readonly category: string;
  /** Milliseconds since 1970; infinite when unknown. */
  readonly endsAtMs: number;
}

export function signalMarket(market: Market): SignalMarket {
  const { series, template, source } = marketPatterns(market);
  return {
    ...{ id: market.id, category: topicKey(market.category), series, template, source },
    endsAtMs: endOf(market)?.getTime() ?? Infinity,
  };
}

/** Bounds of the memory, about 45 MB in all. The least recently used entries are dropped. */
const MAX_USERS = 100_000;
const MAX_SOURCES = 10_000;
const MAX_NEXT = 32;
const MAX_TEMPLATES = 5_000;
const MAX_MARKETS = 20_000;
const MAX_COUNTRIES = 64;
const MAX_GROUPS = 10_000;
const MAX_CATEGORIES = 64;

/** Latest users of a market that count once, however often they return. */
const DISTINCT_USERS = 16;

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
  readonly countries: ContextEntry;
  /** By hour of the day. */
  readonly dayHours: ContextEntry;
  /** Group, its key, and its choices. */
  readonly groups: readonly [group: Group, key: string, ...DecayedEntry];
  /** Category, and its choices by hour of the week. */
  readonly categories: readonly [category: string, weekHours: readonly number[]];
}

/** Counts over all markets, as plain data. */
export interface SignalTotals {
  /** Number of choices by horizon, and by hour of the week. */
  readonly horizons: readonly number[];
  readonly weekHours: readonly number[];
  /** Null without any. */
  readonly recentUsers: DecayedEntry | null;
  readonly recentChoices: DecayedEntry | null;
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
  readonly #countries = new ContextCounts(MAX_COUNTRIES, RECENT_HALF_LIFE_DAYS);
  readonly #dayHours = new ContextCounts(24, RECENT_HALF_LIFE_DAYS);
  #recentUsers: DecayedScore | null = null;
  readonly #groups = new LRUCache<string, DecayedScore>({ max: MAX_GROUPS });
  #recentChoices: DecayedScore | null = null;
  readonly #categories = new LRUCache<string, Float64Array>({ max: MAX_CATEGORIES });
  readonly #weekHours = new Float64Array(WEEK_HOURS);
  #view: SiteSignals | undefined;

  get totals(): SignalTotals {
    return {
      ...{ horizons: [...this.#horizons], weekHours: [...this.#weekHours] },
      ...{ recentUsers: toEntry(this.#recentUsers), recentChoices: toEntry(this.#recentChoices) },
    };
  }

  /** The other counts as plain data. */
  *entries(): Generator<SignalEntry> {
    for (const entry of this.#marketMoves.entries()) yield ['marketMoves', entry];
    for (const entry of this.#seriesMoves.entries()) yield ['seriesMoves', entry];
    for (const [template, horizons] of oldestFirst(this.#templates))
      yield ['templates', [template, [...horizons]]];
    for (const [marketId, { lastAtMs, recentUsers, users }] of oldestFirst(this.#activity))
      yield ['activity', [marketId, lastAtMs, recentUsers, users.map(({ hash, atMs }) => [hash, atMs])]];
    for (const entry of this.#countries.entries()) yield ['countries', entry];
    for (const entry of this.#dayHours.entries()) yield ['dayHours', entry];
    for (const [name, { score, atMs }] of oldestFirst(this.#groups))
      yield ['groups', [...groupOfName(name), score, atMs]];
    for (const [category, hours] of oldestFirst(this.#categories))
      yield ['categories', [category, [...hours]]];
  }

  /** Restores {@link totals}. */
  restoreTotals({ horizons, weekHours, recentUsers, recentChoices }: SignalTotals): void {
    this.#horizons.set(horizons);
    this.#weekHours.set(weekHours);
    this.#recentUsers = fromEntry(recentUsers);
    this.#recentChoices = fromEntry(recentChoices);
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
        break;
      }
      case 'countries':
        this.#countries.restore(entry);
        break;
      case 'dayHours':
        this.#dayHours.restore(entry);
        break;
      case 'groups': {
        const [group, key, score, atMs] = entry;
        this.#groups.set(groupName(group, key), { score, atMs });
        break;
      }
      case 'categories':
        this.#categories.set(entry[0], Float64Array.from(entry[1]));
    }
  }

  /** Counts an engagement; none is earlier than the last, except for clock skew. */
  add({ atMs, userKey, country, market }: SignalEvent): void {
    this.#view = undefined;
    const added = this.#countActivity(market.id, hashUserKey(userKey), atMs);
    this.#recentUsers = addTo(this.#recentUsers, added.score, added.atMs, RECENT_HALF_LIFE_DAYS);
    if (country !== null) this.#countries.add(country, market.id, added);
    this.#dayHours.add(String(hourOfDay(atMs)), market.id, added);
    const before = this.#latest.peek(userKey);
    this.#latest.set(userKey, { market, atMs });
    this.#marketMoves.visit(market.id);
    this.#seriesMoves.visit(market.series);
    if (before?.market.id === market.id) return;
    const horizon = horizonOf(market.endsAtMs, atMs);
    this.#horizons[horizon] = (this.#horizons[horizon] as number) + 1;
    this.#countTemplate(market.template, horizon);
    this.#countWeekHour(market.category, hourOfWeek(atMs));
    this.#countGroups(market, atMs);
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
      recentUsers: this.#recentUsers,
      recentUsersFrom: (country) => this.#countries.of(country),
      recentUsersAt: (hour) => this.#dayHours.of(String(hour)),
      recentChoices: this.#recentChoices,
      recentChoicesIn: (group, key) => this.#groups.peek(groupName(group, key)),
      weekHours: this.#recentChoices === null ? null : this.#weekHours,
      weekHoursOf: (category) => this.#categories.peek(category),
      collaborative: null,
    });
  }

  #countTemplate(template: string, horizon: number): void {
    const counts = this.#templates.peek(template) ?? new Float64Array(HORIZONS);
    this.#templates.set(template, counts);
    counts[horizon] = (counts[horizon] as number) + 1;
  }

  #countWeekHour(category: string, hour: number): void {
    this.#weekHours[hour] = (this.#weekHours[hour] as number) + 1;
    const counts = this.#categories.peek(category) ?? new Float64Array(WEEK_HOURS);
    this.#categories.set(category, counts);
    counts[hour] = (counts[hour] as number) + 1;
  }

  #countGroups(market: SignalMarket, atMs: number): void {
    this.#recentChoices = addTo(this.#recentChoices, 1, atMs, GROUP_HALF_LIFE_DAYS);
    for (const group of GROUPS) {
      const name = groupName(group, market[group]);
      this.#groups.set(name, addTo(this.#groups.peek(name), 1, atMs, GROUP_HALF_LIFE_DAYS));
    }
  }

  /** Returns the increase of the recent users: at most 1, and less for a user who was counted before. */
  #countActivity(marketId: string, hash: number, atMs: number): DecayedScore {
    const before = this.#activity.peek(marketId);
    if (before === undefined) {
      this.#activity.set(marketId, { lastAtMs: atMs, recentUsers: 1, users: [{ hash, atMs }] });
      return { score: 1, atMs };
    }
    const lastAtMs = Math.max(atMs, before.lastAtMs);
    const decayed = (value: number, sinceMs: number): number =>
      value * decayFactor((lastAtMs - sinceMs) / DAY_MS, RECENT_HALF_LIFE_DAYS);
    const earlier = before.users.find((user) => user.hash === hash);
    const counted = earlier === undefined ? 0 : decayed(1, earlier.atMs);
    const others = decayed(before.recentUsers, before.lastAtMs) - counted;
    this.#activity.set(marketId, {
      lastAtMs,
      recentUsers: Math.max(0, others) + decayed(1, atMs),
      users: [{ hash, atMs }, ...before.users.filter((user) => user !== earlier)].slice(0, DISTINCT_USERS),
    });
    return { score: Math.max(0, decayed(1, atMs) - counted), atMs: lastAtMs };
  }
}

/** The name of a group among all groups. */
function groupName(group: Group, key: string): string {
  return `${group} ${key}`;
}

function groupOfName(name: string): [Group, string] {
  const space = name.indexOf(' ');
  return [name.slice(0, space) as Group, name.slice(space + 1)];
}

function toEntry(sum: DecayedScore | null): DecayedEntry | null {
  return sum === null ? null : [sum.score, sum.atMs];
}

function fromEntry(entry: DecayedEntry | null): DecayedScore | null {
  return entry === null ? null : { score: entry[0], atMs: entry[1] };
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
