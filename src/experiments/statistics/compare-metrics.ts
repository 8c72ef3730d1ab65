import { compareArms, type CompareOptions, type Effect } from './compare.js';
import { alwaysValidTest, fixedTest, type EffectTest } from './intervals.js';
import type { Moments } from './moments.js';
import { benjaminiHochberg } from './multiple-testing.js';

/** One metric of two arms. */
export interface MetricOfArms {
  readonly control: Moments;
  readonly treatment: Moments;
}

export interface MetricComparison {
  readonly effect: Effect;
  /** Valid for one look, at a time that was fixed in advance. */
  readonly fixed: EffectTest;
  /** Valid under any number of looks. */
  readonly alwaysValid: EffectTest;
  /** The always-valid p-value, adjusted for the number of metrics (Benjamini–Hochberg). */
  readonly adjustedPValue: number;
}

/**
 * Compares several metrics of two arms, in the order of the input. Null marks a metric that cannot be compared; see
 * {@link compareArms}. Such metrics do not count in the adjustment.
 */
export function compareMetrics(
  metrics: readonly MetricOfArms[],
  { alpha, ...options }: CompareOptions & { readonly alpha: number },
): (MetricComparison | null)[] {
  const tested = metrics.map(({ control, treatment }) => {
    const effect = compareArms(control, treatment, options);
    if (effect === null) return null;
    return { effect, fixed: fixedTest(effect, alpha), alwaysValid: alwaysValidTest(effect, alpha) };
  });
  const adjusted = benjaminiHochberg(
    tested.filter((test) => test !== null).map(({ alwaysValid }) => alwaysValid.pValue),
  ).values();
  return tested.map((test) => test && { ...test, adjustedPValue: adjusted.next().value ?? 1 });
}
