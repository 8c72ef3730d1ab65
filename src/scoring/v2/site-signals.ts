import { decayFactor, type DecayedScore } from '../../domain/decay.js';
import { daysSince } from '../shared/time.js';
import type { CollaborativeModel } from './collaborative-model.js';
import type { MarketColumns } from './features.js';
import type { TitlePatterns } from './title-patterns.js';

/** Where users went from a market or a series: the number of engagements with it, and of moves to each next one. */
export interface Moves {
  readonly total: number;
  readonly to: ReadonlyMap<string, number>;
}

/** The engagement of all users with a market. */
export interface MarketActivity {
  /** The latest engagement, in milliseconds since 1970. */
  readonly lastAtMs: number;
  /** Sum over the users of 2^(−days / 7) since their engagement, as of `lastAtMs`. */
  readonly recentUsers: number;
}

/** Half-life of recent users, and of the choices by group. */
export const RECENT_HALF_LIFE_DAYS = 7;
export const GROUP_HALF_LIFE_DAYS = 30;

/** A decayed sum at a later instant; 0 without one. */
export function decayedTo(nowMs: number, sum: DecayedScore | undefined | null, halfLifeDays: number): number {
  return sum == null ? 0 : sum.score * decayFactor(daysSince(sum.atMs, nowMs), halfLifeDays);
}

/** The recent users of markets, with a half-life of {@link RECENT_HALF_LIFE_DAYS}. */
export interface ContextUsers {
  /** Over all markets. */
  readonly total: DecayedScore;
  /** By market, for the markets with the most. */
  readonly ofMarkets: ReadonlyMap<string, DecayedScore>;
}

/** Groups of markets whose choices are counted. */
export const GROUPS = ['source', 'template', 'series'] as const satisfies readonly (keyof TitlePatterns)[];

export type Group = (typeof GROUPS)[number];

/** The choices of all users so far, as features. Immutable. */
export interface SiteSignals {
  /** Moves of users from this market to their next one within a day, by id. */
  movesFromMarket(marketId: string): Moves | undefined;
  /** The same between series. */
  movesFromSeries(series: string): Moves | undefined;
  /** Share of all choices by horizon, each above 0; see `horizonOf`. Null without choices. */
  readonly horizonShares: Float64Array | null;
  /** Number of choices by horizon among the markets of a title template. */
  horizonsOfTemplate(template: string): Float64Array | undefined;
  activityOf(marketId: string): MarketActivity | undefined;
  /** Recent users of all markets together; null without any. */
  readonly recentUsers: DecayedScore | null;
  /** Those from a country, and those who engaged at this hour of the day, 0–23 UTC. */
  recentUsersFrom(country: string): ContextUsers | undefined;
  recentUsersAt(hour: number): ContextUsers | undefined;
  /** Choices, with a half-life of {@link GROUP_HALF_LIFE_DAYS}: all, and among the markets of a group. */
  readonly recentChoices: DecayedScore | null;
  recentChoicesIn(group: Group, key: string): DecayedScore | undefined;
  /** Number of choices by hour of the week; see `hourOfWeek`. Null without choices. */
  readonly weekHours: Float64Array | null;
  /** The same for a category. */
  weekHoursOf(category: string): Float64Array | undefined;
  /** Null: no component reads it, or none is trained. */
  readonly collaborative: CollaborativeModel | null;
}

/** The signals of a site without choices. */
export const NO_SIGNALS: SiteSignals = {
  movesFromMarket: () => undefined,
  movesFromSeries: () => undefined,
  horizonShares: null,
  horizonsOfTemplate: () => undefined,
  activityOf: () => undefined,
  recentUsers: null,
  recentUsersFrom: () => undefined,
  recentUsersAt: () => undefined,
  recentChoices: null,
  recentChoicesIn: () => undefined,
  weekHours: null,
  weekHoursOf: () => undefined,
  collaborative: null,
};

/** {@link MarketActivity} of the markets of rows; NaN for a market that no user engaged with. */
export interface RowActivity {
  lastAtMs(row: number): number;
  recentUsers(row: number): number;
}

/** Looks a market up whenever it is read: for few rows. */
export function activityOfFew(signals: SiteSignals, { ids }: Pick<MarketColumns, 'ids'>): RowActivity {
  return {
    lastAtMs: (row) => signals.activityOf(ids[row] as string)?.lastAtMs ?? NaN,
    recentUsers: (row) => signals.activityOf(ids[row] as string)?.recentUsers ?? NaN,
  };
}

/** Reads columns, for which each market is looked up once: for all rows, many times. */
export function activityOfAll(signals: SiteSignals, columns: RowSlots): RowActivity {
  const { lastAtMs, recentUsers } = activityColumns(signals, columns);
  return {
    lastAtMs: (row) => lastAtMs[row] as number,
    recentUsers: (row) => recentUsers[row] as number,
  };
}

type RowSlots = Pick<MarketColumns, 'size' | 'ids' | 'slot' | 'markets'>;

interface ActivityColumns {
  readonly slot: Int32Array;
  readonly lastAtMs: Float64Array;
  readonly recentUsers: Float64Array;
}

/** The columns of the latest version of each catalog. */
const computed = new WeakMap<SiteSignals, WeakMap<MarketColumns['markets'], ActivityColumns>>();

function activityColumns(signals: SiteSignals, columns: RowSlots): ActivityColumns {
  const { size, ids, slot, markets } = columns;
  let ofCatalogs = computed.get(signals);
  if (ofCatalogs === undefined) computed.set(signals, (ofCatalogs = new WeakMap()));
  const before = ofCatalogs.get(markets);
  if (before?.slot === slot) return before;
  const rowBefore = before === undefined ? undefined : rowsBySlot(before.slot, markets.size);
  const activity = { slot, lastAtMs: new Float64Array(size), recentUsers: new Float64Array(size) };
  for (let row = 0; row < size; row += 1) {
    const from = rowBefore?.[slot[row] as number] ?? -1;
    const found = from < 0 ? signals.activityOf(ids[row] as string) : undefined;
    activity.lastAtMs[row] = before?.lastAtMs[from] ?? found?.lastAtMs ?? NaN;
    activity.recentUsers[row] = before?.recentUsers[from] ?? found?.recentUsers ?? NaN;
  }
  ofCatalogs.set(markets, activity);
  return activity;
}

/** By slot, its row; −1 without one. */
function rowsBySlot(slot: Int32Array, size: number): Int32Array {
  const rows = new Int32Array(size).fill(-1);
  for (let row = 0; row < slot.length; row += 1) rows[slot[row] as number] = row;
  return rows;
}
