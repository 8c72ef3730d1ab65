/** Vectors of `size` numbers, one after another. */
export interface Vectors {
  readonly size: number;
  readonly values: Float32Array;
}

/**
 * The lower triangle L of `L·Lᵀ = Σ v·vᵀ + regularization · I` over all vectors, row by row; zeros above the diagonal.
 *
 * Source: Cholesky decomposition.
 */
export function whiteningOf({ size, values }: Vectors, regularization: number): Float64Array {
  const gram = new Float64Array(size * size);
  for (let from = 0; from < values.length; from += size) {
    for (let i = 0; i < size; i += 1) {
      const value = values[from + i] as number;
      const row = i * size;
      for (let j = 0; j <= i; j += 1)
        gram[row + j] = (gram[row + j] as number) + value * (values[from + j] as number);
    }
  }
  for (let i = 0; i < size; i += 1) gram[i * size + i] = (gram[i * size + i] as number) + regularization;
  decompose(gram, size);
  return gram;
}

/** Replaces the lower triangle of a positive definite matrix by its Cholesky factor. */
function decompose(matrix: Float64Array, size: number): void {
  for (let i = 0; i < size; i += 1) {
    const rowI = i * size;
    for (let j = 0; j <= i; j += 1) {
      const rowJ = j * size;
      let sum = matrix[rowI + j] as number;
      for (let k = 0; k < j; k += 1) sum -= (matrix[rowI + k] as number) * (matrix[rowJ + k] as number);
      matrix[rowI + j] = i === j ? Math.sqrt(sum) : sum / (matrix[rowJ + j] as number);
    }
  }
}

/** Writes `L⁻¹·v` of each vector. */
export function whiten(lower: Float64Array, { size, values }: Vectors, whitened: Float32Array): void {
  const vector = new Float64Array(size);
  for (let from = 0; from < values.length; from += size) {
    for (let i = 0; i < size; i += 1) {
      const row = i * size;
      let sum = values[from + i] as number;
      for (let j = 0; j < i; j += 1) sum -= (lower[row + j] as number) * (vector[j] as number);
      vector[i] = sum / (lower[row + i] as number);
    }
    whitened.set(vector, from);
  }
}

/** Writes `L·v` of each vector, the inverse of {@link whiten}. */
export function unwhiten(lower: Float64Array, { size, values }: Vectors, vectors: Float32Array): void {
  for (let from = 0; from < values.length; from += size) {
    for (let i = 0; i < size; i += 1) {
      const row = i * size;
      let sum = 0;
      for (let j = 0; j <= i; j += 1) sum += (lower[row + j] as number) * (values[from + j] as number);
      vectors[from + i] = sum;
    }
  }
}

/** Replaces a vector by `Lᵀ·v`. */
export function multiplyTransposed(lower: Float64Array, vector: Float64Array): void {
  const size = vector.length;
  for (let i = 0; i < size; i += 1) {
    let sum = 0;
    for (let j = i; j < size; j += 1) sum += (lower[j * size + i] as number) * (vector[j] as number);
    vector[i] = sum;
  }
}

/** Replaces a vector by `L⁻ᵀ·v`. */
export function solveTransposed(lower: Float64Array, vector: Float64Array): void {
  const size = vector.length;
  for (let i = size - 1; i >= 0; i -= 1) {
    const row = i * size;
    const value = (vector[i] as number) / (lower[row + i] as number);
    vector[i] = value;
    for (let j = 0; j < i; j += 1) vector[j] = (vector[j] as number) - value * (lower[row + j] as number);
  }
}
