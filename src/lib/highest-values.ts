/** Values that are read at most for an estimate. */
const SAMPLE = 256;

type ValueAt = (index: number) => number;

/** Finds the value that a number of values reach. Each call reuses the memory of the one before. */
export class HighestValues {
  #values = new Float64Array(SAMPLE);

  /** The `count`th highest of `length` values; −∞ if they are fewer. */
  exact(count: number, length: number, valueAt: ValueAt): number {
    return this.#nth(count, length, 1, valueAt);
  }

  /** Likewise, by a sample: about `count` values are as high. */
  estimate(count: number, length: number, valueAt: ValueAt): number {
    const step = Math.max(1, Math.floor(length / SAMPLE));
    return this.#nth(Math.ceil(count / step), Math.ceil(length / step), step, valueAt);
  }

  #nth(count: number, length: number, step: number, valueAt: ValueAt): number {
    if (length < count) return -Infinity;
    if (this.#values.length < length) this.#values = new Float64Array(2 * length);
    const values = this.#values.subarray(0, length);
    for (let i = 0; i < length; i += 1) values[i] = valueAt(i * step);
    return selectNth(values, length - Math.ceil(count));
  }
}

/** The value that is at an index of the sorted values; rearranges them (Hoare 1961, "Algorithm 65: find"). */
function selectNth(values: Float64Array, index: number): number {
  let left = 0;
  let right = values.length - 1;
  while (left < right) {
    const pivot = values[(left + right) >>> 1] as number;
    let low = left;
    let high = right;
    while (low <= high) {
      while ((values[low] as number) < pivot) low += 1;
      while ((values[high] as number) > pivot) high -= 1;
      if (low > high) break;
      const value = values[low] as number;
      values[low++] = values[high] as number;
      values[high--] = value;
    }
    if (index <= high) right = high;
    else if (index >= low) left = low;
    else break;
  }
  return values[index] as number;
}
