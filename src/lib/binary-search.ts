/**
 * Returns the first index from `from` on for which `isBefore` is false, or `length` if there is none. `isBefore` must be
 * true for a prefix of these indexes and false for the rest.
 */
export function lowerBound(length: number, isBefore: (index: number) => boolean, from = 0): number {
  let low = from;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isBefore(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
