/** Measures of one ranking of which exactly one market is known to be the right one; ranks count from 1. */

/**
 * Normalized discounted cumulative gain with one relevant item: `1 / log2(1 + rank)` for a rank of at most k, else 0.
 *
 * Range 0 to 1. Source: Järvelin and Kekäläinen 2002, "Cumulated gain-based evaluation of IR techniques".
 */
export function ndcgAt(k: number, rank: number): number {
  return rank <= k ? 1 / Math.log2(1 + rank) : 0;
}

/** Whether the right one is among the first k: 1 or 0. */
export function hitAt(k: number, rank: number): number {
  return rank <= k ? 1 : 0;
}

/** `1 / rank`, in (0, 1]; its mean is the mean reciprocal rank (MRR). */
export function reciprocalRank(rank: number): number {
  return 1 / rank;
}

/**
 * How different the items of a list are: `1 − mean over its pairs of Jaccard(topics)`, where the topics of a market
 * are its category and its tags together. 1 for a list of fewer than two.
 *
 * Range 0 to 1. Source: Ziegler et al. 2005, "Improving recommendation lists through topic diversification".
 *
 * @param topics of each item.
 */
export function intraListDiversity(topics: readonly ReadonlySet<number>[]): number {
  let alike = 0;
  let pairs = 0;
  for (const [place, a] of topics.entries()) {
    for (let other = 0; other < place; other += 1) {
      alike += jaccard(a, topics[other] ?? a);
      pairs += 1;
    }
  }
  return pairs === 0 ? 1 : 1 - alike / pairs;
}

/**
 * How surprising the items of a list are, in bits: the mean of `−log2((people of the item + 1) / (people + 1))`,
 * where the people of an item are those who had engaged with it by then. 0 for an empty list.
 *
 * 0 or more: 0 when everybody had engaged with every item. Source: self-information, as in Zhou et al. 2010,
 * "Solving the apparent diversity-accuracy dilemma of recommender systems".
 */
export function novelty(peopleOfItems: readonly number[], people: number): number {
  if (peopleOfItems.length === 0) return 0;
  const bits = peopleOfItems.reduce((sum, ofItem) => sum - Math.log2((ofItem + 1) / (people + 1)), 0);
  return bits / peopleOfItems.length;
}

function jaccard(a: ReadonlySet<number>, b: ReadonlySet<number>): number {
  let inBoth = 0;
  for (const item of a) if (b.has(item)) inBoth += 1;
  return inBoth === 0 ? 0 : inBoth / (a.size + b.size - inBoth);
}
