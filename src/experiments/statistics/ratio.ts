import { bilinear, type Moments, type UserRow } from './moments.js';

/** A metric of one arm, adjusted by its value in the period before. */
export interface RatioEstimate {
  /** Σ value / Σ denominator, without the adjustment. */
  readonly raw: number;
  /** `raw − θ · before`. */
  readonly adjusted: number;
  /** Gradients by the means of the row. */
  readonly rawGradient: UserRow;
  readonly adjustedGradient: UserRow;
}

/** @returns null if the denominator is 0 on average, so that the metric has no value. */
export function ratioOf({ mean }: Moments, theta: number): RatioEstimate | null {
  const [value, denominator, valueBefore, denominatorBefore] = mean;
  if (denominator === 0) return null;
  // Without events before, no user has a covariate, and the adjustment is 0.
  const hasBefore = theta !== 0 && denominatorBefore !== 0;
  const raw = value / denominator;
  const before = hasBefore ? valueBefore / denominatorBefore : 0;
  const rawGradient = [1 / denominator, -raw / denominator, 0, 0] as const;
  const adjustedGradient = hasBefore
    ? ([
        rawGradient[0],
        rawGradient[1],
        -theta / denominatorBefore,
        (theta * before) / denominatorBefore,
      ] as const)
    : rawGradient;
  return { raw, adjusted: raw - theta * before, rawGradient, adjustedGradient };
}

/**
 * The variance of a function of the row means by the delta method: `∇ᵀ Σ ∇ / users`. Rows are users, so events of one
 * user may depend on each other.
 *
 * Source: Deng, Knoblich, and Lu 2018, "Applying the delta method in metric analytics".
 */
export function deltaVariance({ users, covariance }: Moments, gradient: UserRow): number {
  return users === 0 ? 0 : bilinear(covariance, gradient, gradient) / users;
}

/**
 * The θ of CUPED that minimizes the variance of the difference between the arms: the covariance of the metric during and
 * before the experiment, divided by the variance before, each summed over the arms. 0 without a period before.
 *
 * Source: Deng, Xu, Kohavi, and Walker 2013, "Improving the sensitivity of online controlled experiments by utilizing
 * pre-experiment data".
 */
export function cupedTheta(arms: readonly Moments[]): number {
  let covarianceSum = 0;
  let varianceSum = 0;
  for (const { users, mean, covariance } of arms) {
    const [value, denominator, valueBefore, denominatorBefore] = mean;
    if (users === 0 || denominator === 0 || denominatorBefore === 0) continue;
    const during = [1 / denominator, -value / denominator ** 2, 0, 0] as const;
    const before = [0, 0, 1 / denominatorBefore, -valueBefore / denominatorBefore ** 2] as const;
    covarianceSum += bilinear(covariance, during, before) / users;
    varianceSum += bilinear(covariance, before, before) / users;
  }
  return varianceSum > 0 ? covarianceSum / varianceSum : 0;
}
