/**
 * How much a person dislikes a market for its topics: the largest dislike among them, 0 when there is none. The score
 * subtracts it. One disliked topic is enough, however many are liked.
 *
 * @param tastes by topic, −1 to 1; a category's already times its factor.
 * @param topics the market's are `topics[from]` to `topics[to − 1]`.
 * @returns 0 to 1. Source: algorithm v2.
 */
export function negativeV2(tastes: Float64Array, topics: Int32Array, from: number, to: number): number {
  let smallest = 0;
  for (let at = from; at < to; at += 1) {
    smallest = Math.min(smallest, tastes[topics[at] as number] as number);
  }
  return smallest === 0 ? 0 : -smallest;
}
