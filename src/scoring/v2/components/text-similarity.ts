import { clampToUnit } from '../../shared/probability.js';
import type { LoadValues } from '../component.js';
import { vectorOf, writeCosines } from '../vector-similarity.js';

/**
 * The component `textSimilarity`: similarity to the market that the user engaged with last, as the cosine of text vectors,
 * which also compares titles without a common word. 0 for the market itself, for a negative cosine, and where one of the
 * markets has no vector.
 *
 * Range 0 to 1. Source: algorithm v2.
 */
export function textSimilarityValues(): LoadValues {
  return ({ columns: { vectors }, engaged }) => {
    const own = engaged.count === 0 ? -1 : (engaged.row[0] as number);
    const last = own < 0 ? (engaged.pastVectors[0] ?? null) : vectorOf(vectors, own);
    if (vectors === null || last === null || engaged.count === 0) return NO_SIMILARITY;
    const fill = (rows: Int32Array, values: Float64Array): void => {
      writeCosines(last, vectors, rows, values);
      for (let i = 0; i < rows.length; i += 1)
        values[i] = rows[i] === own ? 0 : clampToUnit(values[i] as number);
    };
    return { fill, refinable: { highest: 1, fillBounds: fill } };
  };
}

const NO_SIMILARITY: ReturnType<LoadValues> = {
  fill(rows, values) {
    values.fill(0, 0, rows.length);
  },
  addBounds: () => undefined,
};
