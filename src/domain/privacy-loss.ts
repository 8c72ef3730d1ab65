/**
 * The loss of privacy of one release or several: (ε, δ)-differential privacy. In whole units, so that sums of stored losses
 * are exact.
 */
export interface PrivacyLoss {
  /** ε in millionths. */
  readonly epsilonMillionths: number;
  /** δ in units of 10⁻¹². */
  readonly deltaTrillionths: number;
}

const MILLION = 1e6;
const TRILLION = 1e12;

export function privacyLoss(epsilon: number, delta: number): PrivacyLoss {
  return {
    epsilonMillionths: Math.round(epsilon * MILLION),
    deltaTrillionths: Math.round(delta * TRILLION),
  };
}

export const epsilonOf = ({ epsilonMillionths }: PrivacyLoss): number => epsilonMillionths / MILLION;

export const deltaOf = ({ deltaTrillionths }: PrivacyLoss): number => deltaTrillionths / TRILLION;

/** Returns the loss of each of `parts` releases that together lose at most `whole`. */
export function sharedLoss(whole: PrivacyLoss, parts: number): PrivacyLoss {
  return {
    epsilonMillionths: Math.floor(whole.epsilonMillionths / parts),
    deltaTrillionths: Math.floor(whole.deltaTrillionths / parts),
  };
}
