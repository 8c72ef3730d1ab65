/**
 * How popular each market is beside the most popular one: `ln(1 + c) / ln(1 + largest c)`, where c is the sum over
 * distinct people of their decayed positive weights, each person's capped and divided by the cap. So c counts people, the
 * recent and the engaged ones in full; the logarithm keeps one market that everybody trades from dwarfing the others.
 *
 * Range 0 to 1; all 0 when nobody did anything.
 *
 * @param people c by row, 0 and up.
 */
export function popularColumn(people: Float64Array): Float64Array {
  let largest = 0;
  for (const count of people) if (count > largest) largest = count;
  const most = Math.log1p(largest);
  return people.map((count) => (count > 0 ? Math.log1p(count) / most : 0));
}
