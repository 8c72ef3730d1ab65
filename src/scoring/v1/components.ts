/** Weights of the components of the personal sum; a negative weight subtracts. */
const PERSONAL_WEIGHTS = {
  interest: 0.35,
  similarity: 0.25,
  depth: 0.15,
  freshness: 0.1,
  followup: 0.1,
  negative: -0.1,
  diversity: -0.05,
} as const;

/**
 * Weights of the components that are the same for every user. News and sports have weight 1, because their ranges, 0–0.8
 * and 0–0.5, already contain their weights.
 */
const IMPERSONAL_WEIGHTS = {
  trending: 0.4,
  rising: 0.15,
  editorial: 0.05,
  news: 1,
  sports: 1,
} as const;

/**
 * Every component of algorithm v1 with its weight. Source: the classic interest + trending formula
 * (docs/algorithm-v1.md). The weights are part of that formula and cannot be configured.
 */
export const WEIGHTS_V1 = { ...PERSONAL_WEIGHTS, ...IMPERSONAL_WEIGHTS } as const;

export type PersonalComponentV1 = keyof typeof PERSONAL_WEIGHTS;
export type ComponentNameV1 = keyof typeof WEIGHTS_V1;

/** Unweighted components, by name. */
export type ComponentsV1 = Readonly<Record<ComponentNameV1, number>>;

/**
 * The weighted sum of the personal components. The order of the additions is part of the contract: another order
 * changes the last bits of a score.
 *
 * At most 0.95, the sum of the positive weights, because each component is at most 1. No lower bound, because interest has
 * none.
 */
export function personalSumV1(components: Pick<ComponentsV1, PersonalComponentV1>): number {
  const weights = PERSONAL_WEIGHTS;
  return (
    weights.interest * components.interest +
    weights.similarity * components.similarity +
    weights.depth * components.depth +
    weights.freshness * components.freshness +
    weights.followup * components.followup +
    weights.negative * components.negative +
    weights.diversity * components.diversity
  );
}

/**
 * The final score: the personal sum plus the weighted impersonal components, added in this order.
 *
 * Finite for finite input; no lower bound, because the personal sum has none.
 *
 * @param personal 0 for an anonymous user.
 */
export function finalSumV1(personal: number, components: Omit<ComponentsV1, PersonalComponentV1>): number {
  const weights = IMPERSONAL_WEIGHTS;
  return (
    personal +
    weights.trending * components.trending +
    weights.rising * components.rising +
    weights.editorial * components.editorial +
    weights.news * components.news +
    weights.sports * components.sports
  );
}
