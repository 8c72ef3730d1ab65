import type { LoadValues } from '../component.js';
import { SparseValues } from '../sparse-values.js';

/**
 * The component `last`: similarity to the market that the user engaged with last, as the cosine of term vectors. Users move
 * on from their last choice, however long ago it was. 0 for the market itself.
 *
 * Range 0 to 1. Source: algorithm v2; found on recorded forecasts.
 */
export function lastMarketValues(): LoadValues {
  /** By row of the text. */
  const similarity = new SparseValues();
  return ({ columns: { text, textRow }, engaged }) => {
    const { postingStart, postingRows, postingWeights, count } = text;
    similarity.reset(text.start.length - 1);
    const to = engaged.count === 0 ? 0 : (engaged.start[1] as number);
    for (let index = 0; index < to; index += 1) {
      const term = engaged.terms[index] as number;
      if (term >= count) continue;
      const weight = engaged.weights[index] as number;
      const end = postingStart[term + 1] as number;
      for (let posting = postingStart[term] as number; posting < end; posting += 1)
        similarity.add(postingRows[posting] as number, weight * (postingWeights[posting] as number));
    }
    const own = engaged.count === 0 ? -1 : (engaged.row[0] as number);
    if (own >= 0 && (textRow[own] as number) >= 0) similarity.clear(textRow[own] as number);
    return {
      fill(rows, values) {
        for (let i = 0; i < rows.length; i += 1) {
          const textIndex = textRow[rows[i] as number] as number;
          values[i] = textIndex < 0 ? 0 : Math.min(1, similarity.get(textIndex));
        }
      },
      addBounds(weight, bounds) {
        for (let row = 0; row < bounds.length; row += 1) {
          const textIndex = textRow[row] as number;
          if (textIndex >= 0)
            bounds[row] = (bounds[row] as number) + weight * Math.min(1, similarity.get(textIndex));
        }
      },
    };
  };
}
