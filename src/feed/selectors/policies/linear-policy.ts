import { randomNormal } from 'd3-random';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { CatalogEntry } from '../../../catalog/catalog-snapshot.js';
import type { ExplorationConfig } from '../../../config/schema/feed-schema.js';
import { hashText } from '../../../domain/hash-text.js';
import { rewardDeviation, valueOf } from '../../../scoring/exploration/arms.js';
import {
  contextWeights,
  FEATURES,
  linearFeatures,
  MARKET_SIZE,
  marketTopics,
  marketVector,
  type LinearContext,
} from '../../../scoring/exploration/linear-features.js';
import { LinearPosterior } from '../../../scoring/exploration/linear-evidence.js';
import type { MarketColumns } from '../../../scoring/v2/features.js';
import type { RankingModel } from '../../../scoring/v2/ranking-model.js';
import { seededGenerator } from '../exploration.js';
import { OPTIMISM, type ArmColumns } from './arm-columns.js';
import { seedOf } from './beta-draws.js';
import type { ValueDraws } from './draws.js';

/** Normal draws that the arms share: each reads them from another offset on. A power of 2. */
const NOISE = 4_096;

/** Distance of an arm's noise in two consecutive draws. */
const NOISE_STEP = 97;

/** The topics of a market never change while it has the same entry. */
const topicsOf = new WeakMap<CatalogEntry, Float64Array>();

/** The vectors of the markets that may be explored, by index of their rows. */
export interface LinearColumns {
  /** Row by row. */
  readonly vectors: Float64Array;
  /** By row of the catalog, the index of its vector. */
  readonly index: Int32Array;
  readonly offset: Int32Array;
}

export function linearColumns(
  rows: Int32Array,
  { size, ids, createdAtMs }: Pick<MarketColumns, 'size' | 'ids' | 'createdAtMs'>,
  entries: readonly CatalogEntry[],
  { rate }: ArmColumns,
  { priorClickRate }: ExplorationConfig,
  minuteMs: number,
): LinearColumns {
  const vectors = new Float64Array(rows.length * MARKET_SIZE);
  const index = new Int32Array(size);
  const offset = new Int32Array(size);
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] as number;
    const entry = entries[row] as CatalogEntry;
    let topics = topicsOf.get(entry);
    if (topics === undefined) topicsOf.set(entry, (topics = marketTopics(entry.scoring)));
    const vector = vectors.subarray(i * MARKET_SIZE, (i + 1) * MARKET_SIZE);
    const ageMs = minuteMs - (createdAtMs[row] as number);
    marketVector(topics, ageMs, rate[row] as number, priorClickRate, vector);
    index[row] = i;
    offset[row] = hashText(ids[row] as string) % NOISE;
  }
  return { vectors, index, offset };
}

/** What a request reads of the arms. */
export interface LinearArms extends ArmColumns {
  readonly linear: LinearColumns;
}

/**
 * LinUCB and linear Thompson sampling for one version of the model and one config. The features of all markets share one
 * posterior. In addition, each arm has an intercept of its own, whose variance is 1 / (its impressions + those of the prior)
 * in units of the variance of a reward.
 */
export class LinearPolicy {
  readonly #posterior: LinearPosterior;
  readonly #deviation: number;
  #drawn: { readonly weights: readonly Float64Array[]; readonly noise: Float64Array } | undefined;

  constructor(
    private readonly model: Pick<RankingModel, 'version' | 'exploration'>,
    private readonly config: ExplorationConfig,
  ) {
    this.#posterior = new LinearPosterior(model.exploration.linear, config);
    this.#deviation = config.confidence * rewardDeviation(config);
  }

  /**
   * Returns the values of rows by LinUCB, by row: the mean plus `deviations` times `confidence` standard deviations of the
   * posterior.
   */
  upperValues(rows: Int32Array, arms: LinearArms, context: LinearContext, deviations: number): Float64Array {
    const { linear, life, count } = arms;
    const mean = contextWeights(context, this.#posterior.mean);
    const variance = this.#varianceMatrix(context);
    const values = new Float64Array(life.length);
    for (let i = 0; i < rows.length; i += 1) {
      const row = rows[i] as number;
      const at = (linear.index[row] as number) * MARKET_SIZE;
      const ofWeights = quadraticForm(variance, linear.vectors, at);
      const deviation = this.#deviation * Math.sqrt(ofWeights + 1 / (count[row] as number));
      const rate = dot(mean, linear.vectors, at) + deviations * deviation;
      values[row] = valueOf(rate, life[row] as number);
    }
    return values;
  }

  /** Returns the values of rows in each draw from the posterior. */
  draws(pool: Int32Array, arms: LinearArms, context: LinearContext): ValueDraws {
    const { weights, noise } = (this.#drawn ??= this.#draw());
    const { linear, life, count, tie } = arms;
    const ofDraw = new Float64Array(MARKET_SIZE);
    const deviation = this.#deviation;
    return {
      count: weights.length,
      optimistic: { key: this.upperValues(pool, arms, context, OPTIMISM), volumeTotal: tie },
      of: (rows) => {
        // Copied, because each draw reads all of them.
        const vectors = new Float64Array(rows.length * MARKET_SIZE);
        const [own, lives] = [new Float64Array(rows.length), new Float64Array(rows.length)];
        const offsets = new Int32Array(rows.length);
        for (const [i, row] of rows.entries()) {
          const at = (linear.index[row] as number) * MARKET_SIZE;
          vectors.set(linear.vectors.subarray(at, at + MARKET_SIZE), i * MARKET_SIZE);
          own[i] = deviation / Math.sqrt(count[row] as number);
          lives[i] = life[row] as number;
          offsets[i] = linear.offset[row] as number;
        }
        return (draw, into) => {
          contextWeights(context, weights[draw] as Float64Array, ofDraw);
          for (let i = 0; i < rows.length; i += 1) {
            const z = noise[((offsets[i] as number) + draw * NOISE_STEP) % NOISE] as number;
            const rate = dot(ofDraw, vectors, i * MARKET_SIZE) + (own[i] as number) * z;
            into[i] = valueOf(rate, lives[i] as number);
          }
        };
      },
    };
  }

  /** The matrix V with mᵀ·V·m = xᵀ·A⁻¹·x for the vector m of a market and its features x: one triangular solve. */
  #varianceMatrix(context: LinearContext): Float64Array {
    const unit = new Float64Array(MARKET_SIZE);
    const whitened = Array.from({ length: MARKET_SIZE }, (_, index) => {
      unit.fill(0);
      unit[index] = 1;
      return this.#posterior.whiten(linearFeatures(context, unit));
    });
    const matrix = new Float64Array(MARKET_SIZE * MARKET_SIZE);
    for (const [row, left] of whitened.entries()) {
      for (let column = 0; column <= row; column += 1) {
        const product = dot(left, whitened[column] as Float64Array, 0);
        matrix[row * MARKET_SIZE + column] = product;
        matrix[column * MARKET_SIZE + row] = product;
      }
    }
    return matrix;
  }

  #draw(): { weights: Float64Array[]; noise: Float64Array } {
    const rng = seededGenerator(seedOf(this.model.version, 'linear'));
    const normal = randomNormal.source(() => uniformFloat64(rng))();
    const { mean } = this.#posterior;
    const weights = Array.from({ length: this.config.draws }, () => {
      const change = this.#posterior.color(Float64Array.from({ length: FEATURES }, normal));
      return mean.map((value, index) => value + this.#deviation * (change[index] as number));
    });
    return { weights, noise: Float64Array.from({ length: NOISE }, normal) };
  }
}

/** The product of a vector and the elements of another one from an index on. */
function dot(left: Float64Array, right: Float64Array, at: number): number {
  let sum = 0;
  for (let index = 0; index < left.length; index += 1)
    sum += (left[index] as number) * (right[at + index] as number);
  return sum;
}

/** mᵀ·V·m for the vector m of a market that starts at an index; 0 or more. */
function quadraticForm(matrix: Float64Array, vectors: Float64Array, at: number): number {
  let sum = 0;
  for (let row = 0, cell = 0; row < MARKET_SIZE; row += 1) {
    const value = vectors[at + row] as number;
    if (value === 0) {
      cell += MARKET_SIZE;
      continue;
    }
    let product = 0;
    for (let column = 0; column < MARKET_SIZE; column += 1, cell += 1)
      product += (matrix[cell] as number) * (vectors[at + column] as number);
    sum += value * product;
  }
  return Math.max(0, sum);
}
