import { WEIGHTS_V1, type ComponentNameV1 } from './v1/components.js';
import { COMPONENTS_V2, type ComponentNameV2, type WeightsV2 } from './v2/components.js';

export type ComponentName = ComponentNameV1 | ComponentNameV2;

/** Every score component of v1 or v2, with a description for API documentation. */
export const SCORE_COMPONENTS: readonly { readonly name: ComponentName; readonly description: string }[] = [
  ...COMPONENTS_V2,
  {
    name: 'diversity',
    description:
      "Share of the user's recent markets that are in the market's category, 0–1; subtracted. v1 only.",
  },
];

/** The score of a market and its unweighted components; null where the algorithm does not have one. */
export interface ScoreParts extends Readonly<Record<ComponentName, number | null>> {
  /** The score that orders the ranking. */
  readonly final: number;
  /** Weighted sum of the personal components; null for an anonymous user. */
  readonly personal: number | null;
  /** The two inputs of `trending`, 0–1; the local one is null if the country is unknown or has too few users. */
  readonly trendingLocal: number | null;
  readonly trendingGlobal: number | null;
  /** Factor of the positive components, 0–1. */
  readonly discount: number | null;
}

/** Null for every component. */
export const NO_COMPONENTS = Object.fromEntries(SCORE_COMPONENTS.map(({ name }) => [name, null])) as Readonly<
  Record<ComponentName, null>
>;

/** Weights by component; negative where the component is subtracted. */
export type SignedWeights = Readonly<Partial<Record<ComponentName, number>>>;

/** The weights of an algorithm's components, in the order in which the algorithm adds them. */
export function signedWeights(algorithm: 'v1' | 'v2', weightsV2: WeightsV2): SignedWeights {
  if (algorithm === 'v1') return WEIGHTS_V1;
  return Object.fromEntries(
    COMPONENTS_V2.map(({ name, kind }) => [name, kind === 'penalty' ? -weightsV2[name] : weightsV2[name]]),
  );
}

/** Contribution of one component to a final score. */
export interface ScoreContribution {
  readonly part: ComponentName;
  /** The component before its weight. */
  readonly value: number;
  /** Negative where the component is subtracted. */
  readonly weight: number;
  /** Weight times value, times the discount where it applies. */
  readonly amount: number;
}

/**
 * The contributions of the components to a score, largest absolute value first. They add up to `final`. The discount of
 * v2 applies to the components of positive weight, if their sum is positive. Components that are null or have weight 0 are left out.
 */
export function contributions(scores: ScoreParts, weights: SignedWeights): ScoreContribution[] {
  const counted = (Object.keys(weights) as ComponentName[]).flatMap((part) => {
    const value = scores[part];
    const weight = weights[part] ?? 0;
    return value === null || weight === 0 ? [] : [{ part, value, weight, amount: weight * value }];
  });
  const sum = counted.reduce((total, { weight, amount }) => total + (weight > 0 ? amount : 0), 0);
  const discount = sum > 0 ? (scores.discount ?? 1) : 1;
  return counted
    .map((each) => ({ ...each, amount: each.amount * (each.weight > 0 ? discount : 1) }))
    .sort((a, b) => Math.abs(b.amount) - Math.abs(a.amount));
}
