import { randomBeta } from 'd3-random';
import { LRUCache } from 'lru-cache';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { ExplorationConfig } from '../../../config/schema/feed-schema.js';
import { hashText } from '../../../domain/hash-text.js';
import { betaPosterior, UNSEEN } from '../../../scoring/exploration/arms.js';
import type { RankingModel } from '../../../scoring/v2/ranking-model.js';
import { seededGenerator } from '../exploration.js';

/** Bound of cached arms, each with 8 bytes per draw: 8 MB for 256 draws. */
const MAX_ARMS = 4_096;

/**
 * Draws from the posterior reward rates of arms: the same on every replica, because the seed is the version of the model and
 * the id of the market. The draws of an arm are computed when they are first read.
 */
export class BetaDraws {
  readonly #ofArms = new LRUCache<string, Float64Array>({ max: MAX_ARMS });

  constructor(
    private readonly model: Pick<RankingModel, 'version' | 'exploration'>,
    private readonly config: Pick<ExplorationConfig, 'priorClickRate' | 'priorImpressions' | 'draws'>,
  ) {}

  of(marketId: string): Float64Array {
    const known = this.#ofArms.get(marketId);
    if (known !== undefined) return known;
    const { model, config } = this;
    const { alpha, beta } = betaPosterior(model.exploration.arms.get(marketId) ?? UNSEEN, config);
    const rng = seededGenerator(seedOf(model.version, marketId));
    const draw = randomBeta.source(() => uniformFloat64(rng))(alpha, beta);
    const draws = new Float64Array(config.draws);
    for (let index = 0; index < draws.length; index += 1) draws[index] = draw();
    this.#ofArms.set(marketId, draws);
    return draws;
  }
}

/** A seed of 64 bits from two texts. */
export function seedOf(version: string, text: string): bigint {
  return (BigInt(hashText(version)) << 32n) + BigInt(hashText(text));
}
