import { OperatorError } from '../../lib/errors.js';
import type { WeightedSlate } from './slates.js';

/** How well the logged traffic represents the evaluated policy. */
export interface WeightDiagnostics {
  readonly slates: number;
  readonly slots: number;
  /** Estimates the share of the evaluated policy that the logging policy could have served; 1 with full support. */
  readonly support: number;
  /** Standard error of `support`, as if the slots were independent. */
  readonly supportError: number;
  /** Number of slots without weights that would be as informative: (Σ w)² / Σ w² (Kish). */
  readonly effectiveSampleSize: number;
  readonly largestWeight: number;
  /** Share of the slots whose weight is above the limit. */
  readonly clippedShare: number;
}

/** Smallest share of the evaluated policy that the logs must support. */
const MINIMUM_SUPPORT = 0.95;
/** Smallest effective number of slots of an estimate. */
const MINIMUM_SAMPLE = 30;

/** @param limit of the weights for `clippedShare`; Infinity without clipping. */
export function diagnoseWeights(slates: Iterable<WeightedSlate>, limit: number): WeightDiagnostics {
  let slateCount = 0;
  let slots = 0;
  let sum = 0;
  let squares = 0;
  let largestWeight = 0;
  let clipped = 0;
  for (const slate of slates) {
    slateCount += 1;
    for (const { weight } of slate.slots) {
      slots += 1;
      sum += weight;
      squares += weight ** 2;
      largestWeight = Math.max(largestWeight, weight);
      if (weight > limit) clipped += 1;
    }
  }
  const support = slots === 0 ? 0 : sum / slots;
  return {
    ...{ slates: slateCount, slots, support, largestWeight },
    supportError: slots < 2 ? 0 : Math.sqrt(Math.max(0, squares / slots - support ** 2) / (slots - 1)),
    effectiveSampleSize: squares === 0 ? 0 : sum ** 2 / squares,
    clippedShare: slots === 0 ? 0 : clipped / slots,
  };
}

/**
 * Rejects logs that cannot tell what the evaluated policy would earn: it serves items that the logging policy never
 * served, or hardly ever. The support counts as missing only beyond three standard errors.
 *
 * @throws OperatorError with the one sentence that the operator reads.
 */
export function requireSupport(diagnostics: WeightDiagnostics): void {
  const { slots, support, supportError, effectiveSampleSize } = diagnostics;
  if (slots === 0) {
    throw new OperatorError(
      'Off-policy evaluation needs logged feeds, but no feed was served in this period.',
    );
  }
  if (support + 3 * supportError < MINIMUM_SUPPORT) {
    throw new OperatorError(
      `Off-policy evaluation lacks support: the logged feeds could have shown only ${percent(support)} of what this config shows, but ${percent(MINIMUM_SUPPORT)} are necessary, so log feeds with more exploration or evaluate a config closer to the served one.`,
    );
  }
  if (effectiveSampleSize < MINIMUM_SAMPLE) {
    throw new OperatorError(
      `Off-policy evaluation lacks support: the ${slots} logged items are worth only ${Math.floor(effectiveSampleSize)} that this config would have shown, but ${MINIMUM_SAMPLE} are necessary, so log more feeds or evaluate a config closer to the served one.`,
    );
  }
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}
