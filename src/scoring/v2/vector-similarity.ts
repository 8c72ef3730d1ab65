import { VECTOR_SIZE, type MarketVector, type VectorColumns } from './features.js';

/** The text vector of a row; null without one. */
export function vectorOf(vectors: VectorColumns | null, row: number): MarketVector | null {
  const index = vectors?.index[row] ?? -1;
  return vectors === null || index < 0 ? null : { vectors, index };
}

/**
 * Writes the cosine of a vector and that of each row; 0 for a row without a vector of the same model. The products of whole
 * numbers are exact, so the order of a sum does not matter.
 *
 * Range −1 to 1.
 */
export function writeCosines(
  { vectors: own, index: ownIndex }: MarketVector,
  { index, values, inverseLength, model }: VectorColumns,
  rows: Int32Array,
  target: Float64Array,
): void {
  const from = ownIndex * VECTOR_SIZE;
  const vector = own.values.subarray(from, from + VECTOR_SIZE);
  const scale = own.inverseLength[ownIndex] as number;
  for (let i = 0; i < rows.length; i += 1) {
    const other = index[rows[i] as number] as number;
    if (other < 0 || model[other] !== own.model[ownIndex]) {
      target[i] = 0;
      continue;
    }
    const start = other * VECTOR_SIZE;
    let product = 0;
    // Whole numbers of 32 bits, which takes less time than additions that might overflow.
    for (let at = 0; at < VECTOR_SIZE; at += 1)
      product = (product + Math.imul(vector[at] as number, values[start + at] as number)) | 0;
    target[i] = product * scale * (inverseLength[other] as number);
  }
}
