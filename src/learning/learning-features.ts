import { COMPONENTS_V2, type ComponentNameV2, type WeightsV2 } from '../scoring/v2/components.js';
import {
  isInLearnedSum,
  LEARNED_COMPONENTS,
  type LearnedName,
  type LearnedWeights,
} from '../scoring/v2/ranking-model.js';
import type { ScoreParts } from '../scoring/score-parts.js';
import { LOGITS_PER_SCORE } from './online-ranker.js';

/** Scale of the sum of the components that are not learned by themselves. */
const V2_SCALE = 0.1;

/** The least weight of that sum, in logits per unit of the score. */
const LEAST_V2 = 5;

export type InputName = 'v2' | LearnedName;

/** The inputs of the learner, in the order of its weights: the sum of v2, and each feature. */
export const INPUTS: readonly InputName[] = ['v2', ...LEARNED_COMPONENTS.map(({ name }) => name)];

const SCALES: readonly number[] = [V2_SCALE, ...LEARNED_COMPONENTS.map(({ learnedScale }) => learnedScale)];

/** The least weights of the learner. */
export const LEAST_WEIGHTS = Float64Array.from(SCALES, (scale, index) =>
  index === 0 ? LEAST_V2 * scale : 0,
);

const SUMMED: readonly ComponentNameV2[] = COMPONENTS_V2.map(({ name }) => name).filter(
  (name) => isInLearnedSum(name) && !LEARNED_COMPONENTS.some((learned) => learned.name === name),
);

/** The inputs of a market from its score components, each divided by its scale. */
export function inputsOf(parts: ScoreParts, configured: WeightsV2): Float64Array {
  let v2 = 0;
  for (const name of SUMMED) v2 += configured[name] * (parts[name] ?? 0);
  const inputs = new Float64Array(SCALES.length);
  inputs[0] = v2 / V2_SCALE;
  for (const [index, { name, learnedScale }] of LEARNED_COMPONENTS.entries())
    inputs[index + 1] = (parts[name] ?? 0) / learnedScale;
  return inputs;
}

/** The weights of the learner that give the configured score. */
export function defaultWeights(configured: WeightsV2): Float64Array {
  const scores = [1, ...LEARNED_COMPONENTS.map(({ name }) => configured[name])];
  return Float64Array.from(scores, (weight, index) => LOGITS_PER_SCORE * weight * (SCALES[index] as number));
}

/** The learner's weights on the scale of the score, in the same order. */
export function toScoreWeights(weights: Float64Array): Float64Array {
  return weights.map((weight, index) => weight / (LOGITS_PER_SCORE * (SCALES[index] as number)));
}

/** The weights of the score that the learner's weights stand for. */
export function toLearnedWeights(weights: Float64Array): LearnedWeights {
  const [v2 = 1, ...ofFeatures] = toScoreWeights(weights);
  return {
    v2,
    features: Object.fromEntries(
      LEARNED_COMPONENTS.map(({ name }, index) => [name, ofFeatures[index] as number]),
    ) as Record<LearnedName, number>,
  };
}
