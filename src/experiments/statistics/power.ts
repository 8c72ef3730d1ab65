import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import type { Effect } from './compare.js';
import { alwaysValidHalfWidth } from './intervals.js';

/** Error rates of a planned experiment. */
export interface Errors {
  /** Probability of finding an effect where there is none. */
  readonly alpha: number;
  /** Probability of finding the effect where it exists. */
  readonly power: number;
}

/** The interval that decides: fixed for one look at the end, always valid for looks on every day. */
export type IntervalKind = 'fixed' | 'alwaysValid';

/** Longest experiment that {@link daysNeeded} plans. */
const MAX_DAYS = 366;

/**
 * The smallest effect that an experiment with this precision finds with the given power, in the scale of the effect. For
 * the always-valid interval, a look at this number of users is meant; earlier looks add power.
 */
export function minimumDetectableEffect(
  { standardError, users }: Pick<Effect, 'standardError' | 'users'>,
  { alpha, power }: Errors,
  kind: IntervalKind,
): number {
  const halfWidth =
    kind === 'fixed'
      ? standardError * normalQuantile(1 - alpha / 2, 0, 1)
      : alwaysValidHalfWidth(standardError, users, alpha);
  return halfWidth + standardError * normalQuantile(power, 0, 1);
}

/**
 * Days until an experiment finds an effect of this size with the given power, if the precision grows with the number of
 * users as usual. Null if 366 days are not enough.
 *
 * @param measured precision at some number of users, such as of a running experiment or of the weeks before it.
 * @param usersPerDay new users of both arms.
 */
export function daysNeeded(
  effect: number,
  measured: Pick<Effect, 'standardError' | 'users'>,
  usersPerDay: number,
  errors: Errors,
  kind: IntervalKind,
): number | null {
  for (let day = 1; day <= MAX_DAYS; day += 1) {
    const users = day * usersPerDay;
    if (users <= 0) return null;
    const standardError = measured.standardError * Math.sqrt(measured.users / users);
    if (minimumDetectableEffect({ standardError, users }, errors, kind) <= Math.abs(effect)) return day;
  }
  return null;
}
