import { NO_EXPLORATION, type ExplorationEvidence } from '../exploration/arms.js';
import { COMPONENTS_V2, type ComponentNameV2, type WeightsV2 } from './components.js';
import { NO_SIGNALS, type SiteSignals } from './site-signals.js';

type Learnable = Extract<(typeof COMPONENTS_V2)[number], { readonly learnedScale: number }>;

/** The components with a weight of their own in the learned model. */
export const LEARNED_COMPONENTS: readonly Learnable[] = COMPONENTS_V2.filter(
  (component): component is Learnable => 'learnedScale' in component,
);

export type LearnedName = Learnable['name'];

/** Weights that were learned from the choices on this site. */
export interface LearnedWeights {
  /** Factor of the configured weights of the components that are not learned by themselves. */
  readonly v2: number;
  /** The weights that replace the configured ones. */
  readonly features: Readonly<Record<LearnedName, number>>;
}

/** A version of what the choices on this site show: weights, and counts that features read. Immutable. */
export interface RankingModel {
  readonly version: string;
  /** Null: the configured weights apply. */
  readonly learned: LearnedWeights | null;
  readonly signals: SiteSignals;
  /** What the impressions of explored markets show. */
  readonly exploration: ExplorationEvidence;
}

/** The model of a site without choices. */
export const DEFAULT_MODEL: RankingModel = {
  ...{ version: 'default', learned: null, signals: NO_SIGNALS },
  exploration: NO_EXPLORATION,
};

/** Neither penalties nor editorial boosts are learned: they are decisions of the user and of the operator. */
export function isInLearnedSum(name: ComponentNameV2): boolean {
  return name !== 'negative' && name !== 'editorial';
}

/**
 * The weights by which a reason compares components. Its thresholds are on the scale of the configured weights, so the
 * factor of the components that are not learned by themselves does not apply.
 */
export function reasonWeights({ learned }: Pick<RankingModel, 'learned'>, configured: WeightsV2): WeightsV2 {
  return learned === null ? configured : { ...configured, ...learned.features };
}

/** The weights of a score under a model. */
export function weightsUnder({ learned }: Pick<RankingModel, 'learned'>, configured: WeightsV2): WeightsV2 {
  if (learned === null) return configured;
  const scaled = Object.entries(configured).map(([name, weight]) => [
    name,
    isInLearnedSum(name as ComponentNameV2) ? learned.v2 * weight : weight,
  ]);
  return { ...(Object.fromEntries(scaled) as Record<ComponentNameV2, number>), ...learned.features };
}
