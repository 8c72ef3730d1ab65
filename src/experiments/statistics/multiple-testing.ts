/**
 * Adjusted p-values that control the false discovery rate: rejecting those up to q leaves an expected share of at most q
 * false ones among the rejected. In the order of the input.
 *
 * Source: Benjamini and Hochberg 1995, "Controlling the false discovery rate".
 */
export function benjaminiHochberg(pValues: readonly number[]): number[] {
  const descending = [...pValues.entries()].sort(([, a], [, b]) => b - a);
  const adjusted = new Array<number>(pValues.length).fill(1);
  let smallest = 1;
  for (const [index, [position, pValue]] of descending.entries()) {
    smallest = Math.min(smallest, pValue * (pValues.length / (pValues.length - index)));
    adjusted[position] = smallest;
  }
  return adjusted;
}
