import { logit, roundedChange } from '../shared/probability.js';
import { DAY_MS, daysSince, HOUR_MS } from '../shared/time.js';
import type { ChangeConstants, EngagementDiscountConstants, ImpressionConstants } from './constants.js';
import type { KnownMarket, MarketColumns, MarketImpressions, UserFeatures } from './features.js';
import { reuseInts } from './reusable-arrays.js';
import { decayFactor } from '../../domain/decay.js';

/**
 * Impression discount: `max(floor, e^(−perImpression · n) · (1 − justShown · 2^(−hours / recoveryHours)))`, where n is the
 * number of impressions within 24 hours and hours is the time since the last one.
 *
 * Range floor to 1. It decreases with each impression and increases with time. Source: algorithm v2.
 */
export function impressionDiscount(
  { count24h, lastShownAtMs }: Pick<MarketImpressions, 'count24h' | 'lastShownAtMs'>,
  nowMs: number,
  constants: ImpressionConstants,
): number {
  const impressions = count24h > 0 ? Math.min(count24h, Number.MAX_SAFE_INTEGER) : 0;
  const sinceMs = nowMs - lastShownAtMs;
  const hours = sinceMs > 0 ? sinceMs / HOUR_MS : 0;
  const discount =
    Math.exp(-constants.perImpression * impressions) *
    (1 - constants.justShown * decayFactor(hours, constants.recoveryHours));
  return Math.max(constants.floor, discount);
}

/**
 * Engagement discount of a market that the user has traded or opened: the smaller of two factors, one for the last trade
 * and one for the last engagement, each `1 − loss · 2^(−days since / half-life)`. A feed is for finding markets, and
 * users find the markets they traded without it.
 *
 * Range 0 to 1; it increases with time. Source: algorithm v2.
 */
export function engagementDiscount(
  { tradedAtMs, openedAtMs }: Pick<KnownMarket, 'tradedAtMs' | 'openedAtMs'>,
  nowMs: number,
  { traded, tradedHalfLifeDays, opened, openedHalfLifeDays }: EngagementDiscountConstants,
): number {
  return Math.min(
    1 - lossAfter(tradedAtMs, nowMs, traded, tradedHalfLifeDays),
    1 - lossAfter(openedAtMs, nowMs, opened, openedHalfLifeDays),
  );
}

function lossAfter(atMs: number, nowMs: number, loss: number, halfLifeDays: number): number {
  return Number.isNaN(atMs) ? 0 : loss * decayFactor(daysSince(atMs, nowMs), halfLifeDays);
}

/** Odds and volume of a market at an instant. */
export interface MarketState {
  /** 0–1; NaN when there is none. */
  readonly probability: number;
  /** NaN when unknown. */
  readonly volume24h: number;
}

/**
 * Whether a market has changed enough to count as new: |Δlogit(p)|, |Δp| or the growth of volume24h reaches its
 * threshold. Any volume counts as growth from 0. Unknown values count as unchanged. Changes are rounded to 1e-9 for the
 * comparison, so a move from 0.50 to 0.60 is exactly 0.10.
 *
 * Source: algorithm v2.
 */
export function changedEnough(before: MarketState, now: MarketState, constants: ChangeConstants): boolean {
  return (
    roundedChange(before.probability, now.probability) >= constants.probability ||
    roundedChange(logit(before.probability), logit(now.probability)) >= constants.logit ||
    (now.volume24h > before.volume24h && now.volume24h >= constants.volumeFactor * before.volume24h)
  );
}

/** A profile keeps at most this many impressions of a market. */
const STORED_IMPRESSIONS = 32;

/**
 * Whether the frequency cap or the cooldown removes a market: `hardCap` impressions within 24 hours, or
 * `cooldown.afterImpressions` within a week of which the first is at least `cooldown.afterDays` old, all since the user's last
 * click. A profile stores the last 32 impressions of a market, so 32 within a week are enough as well. The market can
 * return after a week without impressions.
 *
 * Source: algorithm v2.
 */
export function exceedsFrequencyCap(
  {
    ignored24h,
    ignored7d,
    ignoredSinceMs,
  }: Pick<MarketImpressions, 'ignored24h' | 'ignored7d' | 'ignoredSinceMs'>,
  nowMs: number,
  { hardCap, cooldown }: Pick<ImpressionConstants, 'hardCap' | 'cooldown'>,
): boolean {
  if (ignored24h >= hardCap || ignored7d >= STORED_IMPRESSIONS) return true;
  return ignored7d >= cooldown.afterImpressions && nowMs - ignoredSinceMs >= cooldown.afterDays * DAY_MS;
}

/** The discounts of a user. */
export interface Discounts {
  /** Impression discount times engagement discount, 0–1; 1 for a market that is new to the user. */
  readonly discount: Float64Array;
  /** 1 where the market has changed enough since its last impression. */
  readonly changed: Uint8Array;
  /** The rows whose discount is not 1, in any order. */
  readonly rows: Int32Array;
}

/**
 * Discounts by row. Valid until the next `fill`.
 *
 * A market that has changed enough since its last impression has no impression discount. One that has changed enough
 * since the user knew it has no engagement discount.
 */
export class DiscountColumns implements Discounts {
  discount = new Float64Array(0);
  changed = new Uint8Array(0);
  rows = new Int32Array(0);
  #buffer = new Int32Array(0);
  #count = 0;
  #changedRows: number[] = [];

  constructor(private readonly constants: ImpressionConstants) {}

  fill(columns: MarketColumns, user: UserFeatures | null, nowMs: number): void {
    this.#reset(columns.size);
    if (user !== null) {
      this.#buffer = reuseInts(user.impressions.length + user.knownMarkets.length, this.#buffer);
      this.#fillImpressions(columns, user, nowMs);
      this.#fillEngagements(columns, user, nowMs);
    }
    this.rows = this.#buffer.subarray(0, this.#count);
  }

  /** Most rows have no discount, so it resets only those that have one. */
  #reset(size: number): void {
    if (this.discount.length === size) {
      for (const row of this.rows) this.discount[row] = 1;
      for (const row of this.#changedRows) this.changed[row] = 0;
    } else {
      this.discount = new Float64Array(size).fill(1);
      this.changed = new Uint8Array(size);
    }
    this.#changedRows = [];
    this.#count = 0;
  }

  #fillImpressions(columns: MarketColumns, user: UserFeatures, nowMs: number): void {
    for (const impressions of user.impressions) {
      const row = columns.rowOf(impressions.marketId);
      if (row === undefined) continue;
      if (changedEnough(impressions, stateOf(columns, row), this.constants.changed)) {
        this.changed[row] = 1;
        this.#changedRows.push(row);
      } else {
        this.#multiply(row, impressionDiscount(impressions, nowMs, this.constants));
      }
    }
  }

  #fillEngagements(columns: MarketColumns, user: UserFeatures, nowMs: number): void {
    for (const known of user.knownMarkets) {
      const row = columns.rowOf(known.marketId);
      if (row === undefined) continue;
      // The volume at that time is not stored, so it never counts as changed.
      const before = { probability: known.probability, volume24h: NaN };
      if (changedEnough(before, stateOf(columns, row), this.constants.changed)) continue;
      this.#multiply(row, engagementDiscount(known, nowMs, this.constants.engagement));
    }
  }

  #multiply(row: number, factor: number): void {
    if (factor === 1) return;
    if (this.discount[row] === 1) this.#buffer[this.#count++] = row;
    this.discount[row] = (this.discount[row] as number) * factor;
  }
}

function stateOf({ probability, volume24h }: MarketColumns, row: number): MarketState {
  return { probability: probability[row] as number, volume24h: volume24h[row] as number };
}
