import type { WeightedSlate } from './slates.js';

/**
 * What a slate contributes to an estimate: the estimate is Σ numerator / Σ denominator over the slates. The rewards of a
 * slate are summed over its slots.
 */
export interface Contribution {
  readonly numerator: number;
  readonly denominator: number;
}

/**
 * Estimators of the mean reward of a slate. For slates of one slot, `ips`, `itemPosition`, and `pseudoInverse` are the
 * same estimate. In the order from few assumptions and much variance to the opposite:
 *
 * - `ips` weighs a slate by the product of its slots (inverse propensity score). It assumes only that slots were selected
 *   independently.
 * - `snips` divides by the sum of these weights instead of the number of slates (self-normalized).
 * - `pseudoInverse` assumes that the reward of a slate is a sum over items in slots, but sees only the total. It assumes
 *   that slots were selected independently.
 * - `itemPosition` weighs each slot alone. It assumes that the reward of an item depends on the item and its slot, and not
 *   on the rest of the slate.
 * - `itemPositionNormalized` is its self-normalized form.
 * - `doublyRobust` is `itemPosition` for what a reward model does not predict.
 *
 * Sources: Swaminathan and Joachims 2015, "The self-normalized estimator for counterfactual learning"; Dudík, Langford,
 * and Li 2011, "Doubly robust policy evaluation and learning"; Li, Abbasi-Yadkori, Kveton, Muthukrishnan, Vinay, and Wen
 * 2018, "Offline evaluation of ranking policies with click models"; Swaminathan, Krishnamurthy, Agarwal, Dudík,
 * Langford, Jose, and Zitouni 2017, "Off-policy evaluation for slate recommendation".
 */
export const ESTIMATORS = {
  ips: (slate) => ({ numerator: slateWeight(slate) * totalReward(slate), denominator: 1 }),
  snips: (slate) => ({
    numerator: slateWeight(slate) * totalReward(slate),
    denominator: slateWeight(slate),
  }),
  pseudoInverse: (slate) => ({
    numerator: (1 + sumOver(slate, ({ weight }) => weight - 1)) * totalReward(slate),
    denominator: 1,
  }),
  itemPosition: (slate) => ({
    numerator: sumOver(slate, ({ weight, reward }) => weight * reward),
    denominator: 1,
  }),
  itemPositionNormalized: (slate) => ({
    numerator: sumOver(slate, ({ weight, reward }) => weight * reward),
    denominator: sumOver(slate, ({ weight }) => weight) / Math.max(1, slate.slots.length),
  }),
  doublyRobust: (slate) => ({
    numerator: sumOver(
      slate,
      ({ weight, reward, predicted, expected }) => expected + weight * (reward - predicted),
    ),
    denominator: 1,
  }),
} as const satisfies Record<string, (slate: WeightedSlate) => Contribution>;

export type EstimatorName = keyof typeof ESTIMATORS;

function sumOver({ slots }: WeightedSlate, of: (slot: WeightedSlate['slots'][number]) => number): number {
  return slots.reduce((sum, slot) => sum + of(slot), 0);
}

function slateWeight({ slots }: WeightedSlate): number {
  return slots.reduce((product, { weight }) => product * weight, 1);
}

function totalReward(slate: WeightedSlate): number {
  return sumOver(slate, ({ reward }) => reward);
}
