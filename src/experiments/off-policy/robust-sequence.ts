import type { Interval } from '../statistics/intervals.js';
import type { WeightedSlate } from './slates.js';

/** Largest bet, and the factor between bets: λ = 0.5 · 1.6^−(j + 1/2). */
const LARGEST_BET = 0.5;
const BET_FACTOR = 1.6;
/** Number of bets. The weight of all smaller ones is below 10⁻¹³, and they are dropped. */
const BETS = 64;
/** Factor between the points of the histogram of surprises above 1. */
const HISTOGRAM_FACTOR = 1.5;
/** Total weight of the bets: (1 + Li₂(η) / (η ζ(2))) / 2 for η = 0.95. */
const TOTAL_WEIGHT = 0.5 * (1 + 1.4406337969700393 / (0.95 * (Math.PI ** 2 / 6)));
const BISECTIONS = 50;

/**
 * A confidence sequence of the mean of rewards in [0, 1] under importance weights: valid after every observation, and for
 * weights without a bound. It bets against each possible mean and keeps the means that no mixture of bets ruled out. Its
 * memory does not grow with the observations.
 *
 * Source: Mineiro 2022, "A lower confidence sequence for the changing mean of non-negative right heavy-tailed observations
 * with bounded mean"; Waudby-Smith, Wu, Ramdas, Karampatziakis, and Mineiro 2022, "Anytime-valid off-policy inference".
 */
export class RobustSequence {
  readonly #gain = new LowerSequence();
  readonly #loss = new LowerSequence();

  /**
   * @param weight importance weight, at least 0 and without clipping; its mean is 1.
   * @param reward in [0, 1].
   */
  add(weight: number, reward: number): void {
    this.#gain.add(weight * reward);
    this.#loss.add(weight * (1 - reward));
  }

  interval(alpha: number): Interval {
    return { low: this.#gain.lowerBound(alpha / 2), high: 1 - this.#loss.lowerBound(alpha / 2) };
  }
}

/**
 * The confidence sequence of the mean reward of a slot under the item-position model. The slates must be in order of
 * time, with rewards in [0, 1].
 */
export function slotSequence(slates: Iterable<WeightedSlate>, alpha: number): Interval {
  const sequence = new RobustSequence();
  for (const { slots } of slates) {
    if (slots.length === 0) continue;
    const weight = slots.reduce((sum, slot) => sum + slot.weight, 0);
    const weighted = slots.reduce((sum, slot) => sum + slot.weight * slot.reward, 0);
    sequence.add(weight / slots.length, weight === 0 ? 0 : weighted / weight);
  }
  return sequence.interval(alpha);
}

/** A lower confidence sequence of the mean, at most 1, of observations of at least 0. */
class LowerSequence {
  #count = 0;
  #sum = 0;
  /** Sums of squared surprises: below 0, and from 0 to 1. */
  #below = 0;
  #within = 0;
  /** Surprises above 1, spread over the powers of the histogram factor. */
  readonly #above = new Map<number, { mass: number; correction: number }>();

  add(value: number): void {
    // The surprise is measured against the mean of the earlier observations.
    const surprise = value - Math.min(1, (this.#sum + 0.5) / (this.#count + 1));
    if (surprise <= 0) this.#below += surprise ** 2;
    else if (surprise <= 1) this.#within += surprise ** 2;
    else this.#spread(surprise);
    this.#sum += value;
    this.#count += 1;
  }

  /** The smallest mean that the bets did not rule out, 0 to 1. */
  lowerBound(alpha: number): number {
    const threshold = -Math.log(alpha);
    const bets = Array.from({ length: BETS }, (_, index) => {
      const bet = LARGEST_BET * BET_FACTOR ** -(index + 0.5);
      const logWeight = Math.log(TOTAL_WEIGHT * (BET_FACTOR - 1)) - (index + 1) * Math.log(BET_FACTOR);
      return { bet, constant: logWeight + bet * this.#sum - this.#penalty(bet) };
    });
    const ruledOut = (mean: number) =>
      logSumExp(bets.map(({ bet, constant }) => constant - bet * this.#count * mean)) > threshold;
    if (!ruledOut(0)) return 0;
    if (ruledOut(1)) return 1;
    let [low, high] = [0, 1];
    for (let step = 0; step < BISECTIONS; step += 1) {
      const middle = (low + high) / 2;
      if (ruledOut(middle)) low = middle;
      else high = middle;
    }
    return low;
  }

  /** Interpolates a convex function of the surprise between two points, from above. */
  #spread(surprise: number): void {
    const power = Math.floor(Math.log(surprise) / Math.log(HISTOGRAM_FACTOR));
    const point = HISTOGRAM_FACTOR ** power;
    const share = (HISTOGRAM_FACTOR * point - surprise) / ((HISTOGRAM_FACTOR - 1) * point);
    this.#addMass(power, share, 0.5 * share * (1 - share));
    this.#addMass(power + 1, 1 - share, 0);
  }

  #addMass(power: number, mass: number, correction: number): void {
    const cell = this.#above.get(power) ?? { mass: 0, correction: 0 };
    cell.mass += mass;
    cell.correction += correction;
    this.#above.set(power, cell);
  }

  /** What a bet pays for the variance of the observations. */
  #penalty(bet: number): number {
    let penalty = (bet ** 2 / 2) * (this.#below / (1 - bet) + this.#within);
    for (const [power, { mass, correction }] of this.#above) {
      const stake = bet * HISTOGRAM_FACTOR ** power;
      const slack = (stake * (HISTOGRAM_FACTOR - 1)) / (1 + stake * HISTOGRAM_FACTOR);
      penalty += mass * (stake - Math.log1p(stake)) - correction * slack ** 2;
    }
    return penalty;
  }
}

function logSumExp(values: readonly number[]): number {
  const largest = Math.max(...values);
  return largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0));
}
