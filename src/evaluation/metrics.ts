/** Metrics of one ranking in which exactly one market is relevant. Ranks count from 1. */

/**
 * Normalized discounted cumulative gain with one relevant item: `1 / log2(1 + rank)` for a rank of at most k, else 0.
 *
 * Range 0 to 1. Source: Järvelin and Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques".
 */
export function ndcgAt(k: number, rank: number): number {
  return rank <= k ? 1 / Math.log2(1 + rank) : 0;
}

/** Whether the relevant item is among the first k: 1 or 0. */
export function hitAt(k: number, rank: number): number {
  return rank <= k ? 1 : 0;
}

/** `1 / rank`, in (0, 1]. Its mean is the mean reciprocal rank (MRR). */
export function reciprocalRank(rank: number): number {
  return 1 / rank;
}

/**
 * Diversity of a list: `1 − mean of Jaccard(topics) over its pairs`, where the topics of a market are its category and
 * its tags together. 1 for a list of fewer than two items.
 *
 * Range 0 to 1. Source: Ziegler et al. 2005, "Improving recommendation lists through topic diversification".
 *
 * @param topics of each item.
 */
export function intraListDiversity(topics: readonly ReadonlySet<number>[]): number {
  let similarity = 0;
  let pairs = 0;
  for (const [index, a] of topics.entries()) {
    for (let other = 0; other < index; other += 1) {
      similarity += jaccard(a, topics[other] ?? a);
      pairs += 1;
    }
  }
  return pairs === 0 ? 1 : 1 - similarity / pairs;
}

/**
 * Novelty of a list in bits: the mean of `−log2((users of the item + 1) / (users + 1))`, where the users of an item are
 * those who had engaged with it so far. 0 for an empty list.
 *
 * 0 or more; 0 when every user has engaged with every item. Source: self-information, as in Zhou et al. 2010, "Solving
 * the apparent diversity-accuracy dilemma of recommender systems".
 */
export function novelty(usersOfItems: readonly number[], users: number): number {
  if (usersOfItems.length === 0) return 0;
  const bits = usersOfItems.reduce((sum, ofItem) => sum - Math.log2((ofItem + 1) / (users + 1)), 0);
  return bits / usersOfItems.length;
}

function jaccard(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  let inBoth = 0;
  for (const item of a) if (b.has(item)) inBoth += 1;
  return inBoth === 0 ? 0 : inBoth / (a.size + b.size - inBoth);
}
