import { DAY_MS, startOfMinute } from '../shared/time.js';

/** Upper bounds of the horizons in days; a horizon includes its lower bound. */
const EDGES_DAYS = [-1, 0, 1, 2, 3, 5, 8, 15, 32, 100];

/** Number of horizons: one for an unknown end, one per edge, and one beyond the last edge. */
export const HORIZONS = EDGES_DAYS.length + 2;

/**
 * The horizon of a market: 0 if its end is unknown, else 1 + the number of edges that its days to the end reach. Users
 * differ in the horizons that they choose.
 */
export function horizonOf(endsAtMs: number, nowMs: number): number {
  if (!Number.isFinite(endsAtMs)) return 0;
  const days = (endsAtMs - nowMs) / DAY_MS;
  let horizon = 1;
  while (horizon <= EDGES_DAYS.length && days >= (EDGES_DAYS[horizon - 1] as number)) horizon += 1;
  return horizon;
}

/** Horizons of many markets at the start of a minute. */
export interface Horizons {
  /** By row. */
  readonly ofRow: Uint8Array;
  /** Number of rows by horizon. */
  readonly counts: Float64Array;
}

interface HorizonsOfMinute extends Horizons {
  readonly minuteMs: number;
}

/** Minutes whose horizons are cached: that of the feeds, and that of the choices from which the learner learns. */
const MINUTES = 2;

const computed = new WeakMap<Float64Array, readonly HorizonsOfMinute[]>();

/** The horizons of markets in the minute of an instant, computed once for all rankings of a minute. */
export function horizonsAt(endsAtMs: Float64Array, nowMs: number): Horizons {
  const minuteMs = startOfMinute(nowMs);
  const cached = computed.get(endsAtMs) ?? [];
  const known = cached.find((horizons) => Object.is(horizons.minuteMs, minuteMs));
  if (known !== undefined) return known;
  const ofRow = new Uint8Array(endsAtMs.length);
  const counts = new Float64Array(HORIZONS);
  for (let row = 0; row < ofRow.length; row += 1) {
    const horizon = horizonOf(endsAtMs[row] as number, minuteMs);
    ofRow[row] = horizon;
    counts[horizon] = (counts[horizon] as number) + 1;
  }
  const horizons = { minuteMs, ofRow, counts };
  computed.set(endsAtMs, [horizons, ...cached].slice(0, MINUTES));
  return horizons;
}

/**
 * How much likelier a horizon is among some choices than among all: `ln(((n_b + prior·g_b) / (Σn + prior)) / g_b)`, where
 * n counts the choices by horizon b and g is the share of b among all choices. 0 without choices.
 *
 * Source: algorithm v2.
 */
export function horizonLift(
  counts: Float64Array,
  shares: Float64Array,
  prior: number,
  horizon: number,
): number {
  let total = 0;
  for (const count of counts) total += count;
  const share = shares[horizon] as number;
  return Math.log(((counts[horizon] as number) + prior * share) / (total + prior) / share);
}
