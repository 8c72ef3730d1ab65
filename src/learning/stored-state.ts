import { z } from 'zod';
import type { WeightsV2 } from '../scoring/v2/components.js';
import type { LearnerState } from './learner.js';
import { defaultWeights, INPUTS, LEAST_WEIGHTS } from './learning-features.js';
import { FIRST_SQUARES } from './online-ranker.js';
import { NO_TRUST, type TrustState } from './trust.js';

const gain = z.object({ sum: z.number(), squares: z.number() });

const storedState = z.object({
  /** In logits, by input. */
  weights: z.record(z.string(), z.number()),
  squares: z.record(z.string(), z.number()),
  trust: z.object({
    choices: z.number(),
    weight: z.number(),
    squaredWeight: z.number(),
    isTrusted: z.boolean(),
    overDefault: gain,
    overChance: gain,
  }),
});

/** The state of the learner as JSON, by the names of its inputs, which versions of the gateway may add and remove. */
export type StoredState = z.infer<typeof storedState>;

export function toStoredState({ weights, squares, trust }: LearnerState): StoredState {
  const byName = (values: Float64Array): Record<string, number> =>
    Object.fromEntries(INPUTS.map((name, index) => [name, values[index] as number]));
  return { weights: byName(weights), squares: byName(squares), trust };
}

/** Reads a stored state. An input that it lacks has the default weight. */
export function fromStoredState(json: unknown, configured: WeightsV2): LearnerState {
  const { weights, squares, trust } = storedState.parse(json);
  const defaults = defaultWeights(configured);
  return {
    weights: Float64Array.from(INPUTS, (name, index) =>
      Math.max(LEAST_WEIGHTS[index] as number, weights[name] ?? (defaults[index] as number)),
    ),
    squares: Float64Array.from(INPUTS, (name) => squares[name] ?? FIRST_SQUARES),
    trust,
  };
}

/** The state of a learner that has seen no choices. */
export function initialState(configured: WeightsV2): LearnerState {
  return {
    weights: defaultWeights(configured),
    squares: new Float64Array(INPUTS.length).fill(FIRST_SQUARES),
    trust: NO_TRUST satisfies TrustState,
  };
}
