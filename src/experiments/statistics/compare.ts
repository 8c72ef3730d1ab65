import type { Moments, UserRow } from './moments.js';
import { cupedTheta, deltaVariance, ratioOf } from './ratio.js';

/** The effect of a treatment on a metric. Every interval and test of the effect starts from these numbers. */
export interface Effect {
  /** Treatment minus control; relative effects are divided by the absolute value of the control. */
  readonly estimate: number;
  readonly standardError: number;
  /** Users of both arms. */
  readonly users: number;
  /** Welch–Satterthwaite degrees of freedom of the standard error. */
  readonly degreesOfFreedom: number;
  /** Coefficient of the period before; 0 without CUPED. */
  readonly theta: number;
}

export interface CompareOptions {
  readonly scale: 'absolute' | 'relative';
  /** Whether to adjust by the period before (CUPED). */
  readonly cuped: boolean;
}

/**
 * Compares a metric between two arms.
 *
 * @returns null if an arm has no variance or no denominator, or if the control of a relative effect is 0.
 */
export function compareArms(
  control: Moments,
  treatment: Moments,
  { scale, cuped }: CompareOptions,
): Effect | null {
  const theta = cuped ? cupedTheta([control, treatment]) : 0;
  const a = ratioOf(control, theta);
  const b = ratioOf(treatment, theta);
  if (a === null || b === null) return null;
  const ownA = deltaVariance(control, a.adjustedGradient);
  const ownB = deltaVariance(treatment, b.adjustedGradient);
  if (!(ownA > 0 && ownB > 0)) return null;

  const difference = b.adjusted - a.adjusted;
  const users = control.users + treatment.users;
  const degreesOfFreedom =
    (ownA + ownB) ** 2 / (ownA ** 2 / (control.users - 1) + ownB ** 2 / (treatment.users - 1));
  const common = { users, degreesOfFreedom, theta };
  if (scale === 'absolute') {
    return { estimate: difference, standardError: Math.sqrt(ownA + ownB), ...common };
  }
  if (a.raw === 0) return null;
  const size = Math.abs(a.raw);
  const byBaseline = (-difference * Math.sign(a.raw)) / size ** 2;
  const controlGradient = combine(a.adjustedGradient, -1 / size, a.rawGradient, byBaseline);
  const variance = deltaVariance(control, controlGradient) + ownB / size ** 2;
  return { estimate: difference / size, standardError: Math.sqrt(variance), ...common };
}

function combine(a: UserRow, byA: number, b: UserRow, byB: number): UserRow {
  return [a[0] * byA + b[0] * byB, a[1] * byA + b[1] * byB, a[2] * byA + b[2] * byB, a[3] * byA + b[3] * byB];
}
