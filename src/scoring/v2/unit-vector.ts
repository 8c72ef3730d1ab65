/**
 * Brings the first `count` weights of a vector to length 1 and writes them to `target` from `at` on; a vector of length
 * 0 stays one. Both sides of a comparison go through here, so that a market compares the same whether it is among the
 * rows or not.
 */
export function writeUnitVector(raw: Float64Array, count: number, target: Float32Array, at: number): void {
  let squares = 0;
  for (let index = 0; index < count; index += 1) {
    const weight = raw[index] as number;
    squares += weight * weight;
  }
  const length = Math.sqrt(squares);
  for (let index = 0; index < count; index += 1) {
    target[at + index] = length === 0 ? 0 : (raw[index] as number) / length;
  }
}
