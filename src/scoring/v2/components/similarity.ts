import type { LoadValues } from '../component.js';
import type { SimilarityConstants } from '../constants.js';
import { clampToUnit } from '../../shared/probability.js';
import type { MarketColumns } from '../features.js';
import { reuseFloats } from '../reusable-arrays.js';
import { Centroid } from './centroid.js';
import { NearestMarket } from './nearest-market.js';

/** An upper bound of the length of a unit vector whose elements are rounded to single precision. */
const LONGEST_VECTOR = 1 + 1e-6;

/**
 * The component `similarity`: `nearest · similarity to the nearest engaged market + (1 − nearest) · similarity to the
 * centroid of the engaged markets`. Similarity is the cosine of term vectors.
 *
 * Range 0 to 1. Source: algorithm v2.
 */
export function similarityValues(constants: SimilarityConstants): LoadValues {
  const { nearest } = constants;
  const nearestMarket = new NearestMarket();
  const centroid = new Centroid();
  const bounds = new SimilarityBounds(nearest, nearestMarket, centroid);
  let toCentroid = new Float64Array(0);
  return ({ columns, engaged }) => {
    nearestMarket.load(columns, engaged, constants);
    centroid.load(columns, engaged, constants);
    bounds.load(columns);
    return {
      fill(rows, values) {
        toCentroid = reuseFloats(rows.length, toCentroid);
        nearestMarket.fill(rows, values);
        centroid.fill(rows, toCentroid);
        for (let i = 0; i < rows.length; i += 1) {
          values[i] = clampToUnit(
            nearest * (values[i] as number) + (1 - nearest) * (toCentroid[i] as number),
          );
        }
      },
      refinable: {
        highest: bounds.highest,
        fillBounds(rows, target) {
          bounds.fill(rows, target);
        },
      },
    };
  };
}

/**
 * Upper bounds of the component. No weight of a term is negative, so the product of a row and an engaged market is at most
 * the product of the row and the maximum of all engaged markets, taken term by term. That makes the bound a single product
 * with a vector that combines this maximum and the centroid.
 */
class SimilarityBounds {
  #columns: Pick<MarketColumns, 'text' | 'textRow'> | undefined;
  /** By term; zeros but for the terms of engaged markets. */
  #vector = new Float64Array(0);
  #terms: Int32Array[] = [];
  /** An upper bound of all values. */
  highest = 0;

  constructor(
    private readonly share: number,
    private readonly nearest: NearestMarket,
    private readonly centroid: Centroid,
  ) {}

  load(columns: MarketColumns): void {
    this.#columns = columns;
    for (const terms of this.#terms) for (const term of terms) this.#vector[term] = 0;
    this.#terms = [];
    const { highestRecency } = this.nearest;
    this.highest = clampToUnit(LONGEST_VECTOR * (this.share * highestRecency + 1 - this.share));
  }

  fill(rows: Int32Array, bounds: Float64Array): void {
    if (this.#columns === undefined) throw new TypeError('No engaged markets are loaded.');
    if (this.#terms.length === 0) this.#fillVector();
    const { text, textRow } = this.#columns;
    const { start, terms, weights } = text;
    const vector = this.#vector;
    for (let i = 0; i < rows.length; i += 1) {
      const textIndex = textRow[rows[i] as number] as number;
      const to = textIndex < 0 ? 0 : (start[textIndex + 1] as number);
      let bound = 0;
      for (let index = textIndex < 0 ? 0 : (start[textIndex] as number); index < to; index += 1)
        bound += (vector[terms[index] as number] as number) * (weights[index] as number);
      bounds[i] = Math.min(bound * LONGEST_VECTOR, this.highest);
    }
  }

  #fillVector(): void {
    const { terms, highestWeight } = this.nearest;
    const { sum, inverseLength } = this.centroid;
    this.#terms = [terms, this.centroid.terms.slice()];
    const vector = (this.#vector = reuseFloats(highestWeight.length, this.#vector));
    for (const term of terms) vector[term] = this.share * (highestWeight[term] as number);
    for (const term of this.centroid.terms)
      vector[term] = (vector[term] as number) + (1 - this.share) * inverseLength * (sum[term] as number);
  }
}
