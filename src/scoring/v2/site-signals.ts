import type { MarketColumns } from './features.js';

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
}

/** The signals of a site without choices. */
export const NO_SIGNALS: SiteSignals = {
  movesFromMarket: () => undefined,
  movesFromSeries: () => undefined,
  horizonShares: null,
  horizonsOfTemplate: () => undefined,
  activityOf: () => undefined,
};

/** {@link MarketActivity} by row; NaN for a market that no user engaged with. */
export interface ActivityColumns {
  readonly lastAtMs: Float64Array;
  readonly recentUsers: Float64Array;
}

const computed = new WeakMap<SiteSignals, WeakMap<Int32Array, ActivityColumns>>();

/** Looks up the activity of all rows, once for each pair of signals and rows. */
export function activityColumns(
  signals: SiteSignals,
  { size, ids, slot }: Pick<MarketColumns, 'size' | 'ids' | 'slot'>,
): ActivityColumns {
  let bySlot = computed.get(signals);
  if (bySlot === undefined) computed.set(signals, (bySlot = new WeakMap()));
  let columns = bySlot.get(slot);
  if (columns === undefined) {
    columns = { lastAtMs: new Float64Array(size), recentUsers: new Float64Array(size) };
    for (let row = 0; row < size; row += 1) {
      const activity = signals.activityOf(ids[row] as string);
      columns.lastAtMs[row] = activity?.lastAtMs ?? NaN;
      columns.recentUsers[row] = activity?.recentUsers ?? NaN;
    }
    bySlot.set(slot, columns);
  }
  return columns;
}
