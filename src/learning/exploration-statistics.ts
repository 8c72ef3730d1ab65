import type { Arm, ExplorationEvidence } from '../scoring/exploration/arms.js';
import { addImpression, NO_EVIDENCE } from '../scoring/exploration/linear-evidence.js';

/** Bound of the stored arms, about 0.5 MB. Of more, those with the most impressions are kept. */
export const MAX_ARMS = 10_000;

/** An arm with fewer decayed impressions differs little from one that was never explored. */
const MIN_IMPRESSIONS = 0.01;

/** An explored impression with its outcome. */
export interface ExploredImpression {
  readonly marketId: string;
  readonly atMs: number;
  readonly isRewarded: boolean;
}

/** Collects the evidence of explored impressions. */
export class ExplorationStatistics {
  readonly #arms: Map<string, Arm>;
  readonly #gram: Float64Array;
  readonly #moment: Float64Array;

  /**
   * @param before evidence as of an earlier time; it decays.
   * @param nowMs the time as of which the evidence is.
   */
  constructor(
    before: ExplorationEvidence,
    beforeMs: number,
    private readonly nowMs: number,
    private readonly halfLifeMs: number,
  ) {
    const factor = this.#decayed(beforeMs);
    this.#arms = new Map(
      Array.from(before.arms, ([id, { impressions, rewards }]) => [
        id,
        { impressions: impressions * factor, rewards: rewards * factor },
      ]),
    );
    this.#gram = before.linear.gram.map((value) => value * factor);
    this.#moment = before.linear.moment.map((value) => value * factor);
  }

  /** Adds an impression to its arm. */
  add({ marketId, atMs, isRewarded }: ExploredImpression): void {
    const weight = this.#decayed(atMs);
    const { impressions, rewards } = this.armOf(marketId);
    this.#arms.set(marketId, {
      impressions: impressions + weight,
      rewards: rewards + (isRewarded ? weight : 0),
    });
  }

  /** Adds an impression to the linear model. */
  addLinear(features: Float64Array, { atMs, isRewarded }: ExploredImpression): void {
    const linear = { gram: this.#gram, moment: this.#moment };
    addImpression(linear, features, isRewarded ? 1 : 0, this.#decayed(atMs));
  }

  armOf(marketId: string): Arm {
    return this.#arms.get(marketId) ?? { impressions: 0, rewards: 0 };
  }

  /** Returns the evidence about the markets that may still be explored. */
  evidence(isOpen: (marketId: string) => boolean): ExplorationEvidence {
    const kept = [...this.#arms].filter(
      ([id, { impressions }]) => impressions >= MIN_IMPRESSIONS && isOpen(id),
    );
    if (kept.length > MAX_ARMS) {
      kept.sort(([a, one], [b, other]) => other.impressions - one.impressions || (a < b ? -1 : 1));
      kept.length = MAX_ARMS;
    }
    return {
      arms: new Map(kept),
      impressions: kept.reduce((sum, [, { impressions }]) => sum + impressions, 0),
      linear: { gram: this.#gram.slice(), moment: this.#moment.slice() },
    };
  }

  /** The weight of an impression at an instant. One that is later, by the clock of a client, counts fully. */
  #decayed(atMs: number): number {
    return 2 ** (-Math.max(0, this.nowMs - atMs) / this.halfLifeMs);
  }
}

/** The evidence without the linear model, which is learned. */
export function withoutLinear(evidence: ExplorationEvidence): ExplorationEvidence {
  return { ...evidence, linear: NO_EVIDENCE };
}
