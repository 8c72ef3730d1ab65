/**
 * Returns the least whole number above 0 that suffices, if `suffices` is false below some number and true from it on.
 *
 * @param guess begins the search.
 */
export function leastWhole(suffices: (n: number) => boolean, guess = 1): number {
  let high = guess;
  while (!suffices(high)) high *= 2;
  let low = 0;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (suffices(middle)) high = middle;
    else low = middle;
  }
  return high;
}
