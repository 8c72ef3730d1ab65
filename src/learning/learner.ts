import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { NEGATIVE_TYPES, type EventType, type NegativeType } from '../domain/event.js';
import type { WeightsV2 } from '../scoring/v2/components.js';
import type { LearnedWeights } from '../scoring/v2/ranking-model.js';
import { defaultWeights, LEAST_WEIGHTS, toLearnedWeights } from './learning-features.js';
import { OnlineRanker, type RankerState } from './online-ranker.js';
import { addGain, NO_TRUST, type TrustState } from './trust.js';

/** Other markets that are drawn for a step. */
export const DRAWN = 100;

export interface LearnerState extends RankerState {
  readonly trust: TrustState;
}

/** Learns the weights of the score from the choices of all users, one step per choice. */
export class Learner {
  readonly #ranker: OnlineRanker;
  #trust: TrustState;

  constructor(configured: WeightsV2, state?: LearnerState) {
    this.#ranker = new OnlineRanker(defaultWeights(configured), LEAST_WEIGHTS, state);
    this.#trust = state?.trust ?? NO_TRUST;
  }

  get state(): LearnerState {
    return { ...this.#ranker.state, trust: this.#trust };
  }

  /** The learned weights, once they are trusted; null before. */
  get weights(): LearnedWeights | null {
    return this.#trust.isTrusted ? toLearnedWeights(this.#ranker.state.weights) : null;
  }

  /**
   * Learns from a market that a user turned down. Trust is measured on choices only.
   *
   * @param rows inputs of that market, and then of those that {@link drawOthers} drew.
   */
  reject(rows: readonly Float64Array[], strength: number): void {
    if (rows.length > 1) this.#ranker.reject(rows, strength);
  }

  /**
   * Learns from a choice. Without other markets there is nothing to learn.
   *
   * @param rows inputs of the chosen market, and then of those that {@link drawOthers} drew.
   * @param others number of markets from which they were drawn.
   */
  learn(rows: readonly Float64Array[], others: number): void {
    if (rows.length < 2) return;
    const { learned, byDefault } = this.#ranker.step(rows, others);
    this.#trust = addGain(this.#trust, {
      overDefault: Math.sqrt(learned) - Math.sqrt(byDefault),
      overChance: Math.sqrt(learned) - Math.sqrt(1 / (others + 1)),
    });
  }
}

/** A market that a user chose or turned down. */
export interface Reaction {
  /** Row of the market. */
  readonly market: number;
  /** Strength of a rejection, above 0; null for a choice. */
  readonly rejection: number | null;
}

/** The strength of an event as a rejection by the config; null for an event that is none or does not count. */
export function rejectionOf(
  eventType: EventType,
  strengths: Readonly<Record<NegativeType, number>>,
): number | null {
  const strength = isNegative(eventType) ? strengths[eventType] : 0;
  return strength > 0 ? strength : null;
}

function isNegative(eventType: EventType): eventType is NegativeType {
  return NEGATIVE_TYPES.some((type) => type === eventType);
}

/** Draws up to 100 distinct numbers below `count`, uniformly, each of which is `eligible`. Pure. */
export function drawOthers(count: number, eligible: (index: number) => boolean, seed: number): number[] {
  const rng = xoroshiro128plus(seed);
  // Fisher–Yates, of which only the swapped positions are stored.
  const swapped = new Map<number, number>();
  const drawn: number[] = [];
  for (let last = count - 1; last >= 0 && drawn.length < DRAWN; last -= 1) {
    const at = uniformInt(rng, 0, last);
    const index = swapped.get(at) ?? at;
    swapped.set(at, swapped.get(last) ?? last);
    if (eligible(index)) drawn.push(index);
  }
  return drawn;
}
