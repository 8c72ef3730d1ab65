import { decayFactor } from '../../../domain/decay.js';
import { daysSince, HOUR_MS } from '../../shared/time.js';
import { horizonLift, horizonOf } from '../horizon.js';
import type { SiteSignals } from '../site-signals.js';

const HALF_LIFE_DAYS = 7;

/**
 * Popularity of the last week: `ln(1 + 4·Σ 2^(−days / 7))` over the users of a market, by their latest engagement.
 *
 * 0 or more; 0 for a market that no user engaged with. Source: algorithm v2.
 *
 * @param recentUsers the sum as of `lastAtMs`; NaN without one, as is `lastAtMs`.
 */
export function popular7d(recentUsers: number, lastAtMs: number, nowMs: number): number {
  if (Number.isNaN(lastAtMs)) return 0;
  const users = recentUsers * decayFactor(daysSince(lastAtMs, nowMs), HALF_LIFE_DAYS);
  return users > 0 ? Math.log(1 + 4 * users) : 0;
}

/**
 * Recency of the latest engagement of any user: `1 / (1 + hours / 4)`.
 *
 * Range 0 to 1; 0 for a market that no user engaged with. Source: algorithm v2.
 */
export function touched(lastAtMs: number, nowMs: number): number {
  const hours = (nowMs - lastAtMs) / HOUR_MS;
  return Number.isNaN(hours) ? 0 : 1 / (1 + Math.max(0, hours) / 4);
}

/**
 * By horizon, how much more often users choose it than markets have it: `ln(share of all choices / share of the markets)`.
 *
 * About −8 to 8; 0 without choices. Source: algorithm v2.
 *
 * @param counts number of markets by horizon.
 */
export function horizonDemand(shares: Float64Array | null, counts: Float64Array): Float64Array {
  let total = 0;
  for (const count of counts) total += count;
  return counts.map((count, horizon) =>
    shares === null || count === 0 ? 0 : Math.log(((shares[horizon] as number) * total) / count),
  );
}

/** Choices at the shares of all markets that are added to those of a template. */
const TEMPLATE_PRIOR = 5;

/**
 * How much likelier markets of this title template are chosen at this horizon than all markets are, by
 * {@link horizonLift}.
 *
 * About −3 to 14; 0 for a template without choices. Source: algorithm v2.
 */
export function templateHorizon(
  signals: SiteSignals,
  template: string,
  endsAtMs: number,
  nowMs: number,
): number {
  const counts = signals.horizonsOfTemplate(template);
  const { horizonShares } = signals;
  if (counts === undefined || horizonShares === null) return 0;
  return horizonLift(counts, horizonShares, TEMPLATE_PRIOR, horizonOf(endsAtMs, nowMs));
}
