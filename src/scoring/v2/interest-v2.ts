/**
 * How much a person likes a market's topics: `strongest · max⁺ + (1 − strongest) · mean⁺` of the person's tastes for
 * them, where ⁺ takes a dislike as 0 and the mean is over all the market's topics.
 *
 * @param tastes by topic, −1 to 1; a category's already times its factor.
 * @param topics the market's are `topics[from]` to `topics[to − 1]`.
 * @returns 0 to 1; 0 for a market without topics. Source: algorithm v2.
 */
export function interestV2(
  tastes: Float64Array,
  topics: Int32Array,
  from: number,
  to: number,
  strongest: number,
): number {
  let largest = 0;
  let sum = 0;
  for (let at = from; at < to; at += 1) {
    // Without a branch, which no processor could foresee.
    const taste = Math.max(0, tastes[topics[at] as number] as number);
    sum += taste;
    largest = Math.max(largest, taste);
  }
  return sum === 0 ? 0 : strongest * largest + ((1 - strongest) * sum) / (to - from);
}
