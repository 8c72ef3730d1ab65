/** Share of the weight that a choice keeps with each later one; half after about 1,400 choices. */
const DECAY = 0.9995;

/** Choices before which the learned weights are not used. */
const MIN_CHOICES = 50;

/** How much better the learned weights predicted a choice, before they learned from it: differences of √p. */
export interface Gain {
  /** Over the default weights. */
  readonly overDefault: number;
  /** Over a draw among all markets. */
  readonly overChance: number;
}

/** A decayed mean of a gain, as sums of weighted values and squares. */
interface GainSums {
  readonly sum: number;
  readonly squares: number;
}

/** Decayed sums over the choices so far. */
export interface TrustState extends Readonly<Record<keyof Gain, GainSums>> {
  /** Number of choices, not decayed. */
  readonly choices: number;
  /** Sums of the weights of the choices, and of their squares. */
  readonly weight: number;
  readonly squaredWeight: number;
  readonly isTrusted: boolean;
}

export const NO_TRUST: TrustState = {
  ...{ choices: 0, weight: 0, squaredWeight: 0, isTrusted: false },
  overDefault: { sum: 0, squares: 0 },
  overChance: { sum: 0, squares: 0 },
};

/** The decayed mean of a gain, and its standard error; the error is infinite without choices. */
export function meanGain(
  { weight, squaredWeight, ...gains }: TrustState,
  of: keyof Gain,
): { readonly mean: number; readonly error: number } {
  if (weight === 0) return { mean: 0, error: Infinity };
  const { sum, squares } = gains[of];
  const mean = sum / weight;
  const variance = Math.max(0, squares / weight - mean * mean);
  return { mean, error: Math.sqrt((variance * squaredWeight) / (weight * weight)) };
}

/**
 * The gate of the learned weights. It opens after 50 choices, once the mean gains over the default weights and over chance
 * each exceed one standard error. It closes when one of them drops below 0. Chance matters for choices without any signal:
 * there, weights near 0 predict better than the defaults, and rank no better.
 */
export function addGain(before: TrustState, gain: Gain): TrustState {
  const after = {
    choices: before.choices + 1,
    weight: DECAY * before.weight + 1,
    squaredWeight: DECAY * DECAY * before.squaredWeight + 1,
    overDefault: added(before.overDefault, gain.overDefault),
    overChance: added(before.overChance, gain.overChance),
    isTrusted: before.isTrusted,
  };
  const gains = [meanGain(after, 'overDefault'), meanGain(after, 'overChance')];
  const isTrusted = before.isTrusted
    ? gains.every(({ mean }) => mean >= 0)
    : after.choices >= MIN_CHOICES && gains.every(({ mean, error }) => mean > error);
  return { ...after, isTrusted };
}

function added({ sum, squares }: GainSums, value: number): GainSums {
  return { sum: DECAY * sum + value, squares: DECAY * squares + value * value };
}
