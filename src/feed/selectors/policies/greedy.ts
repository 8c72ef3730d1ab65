import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { bestRows } from '../best-rows.js';
import type { ExploredRow } from './sampler.js';

/** Rows of the same value, which take the ranks after `above` in random order. */
interface Ties {
  readonly rows: Int32Array;
  /** Number of rows with a higher value. */
  readonly above: number;
}

/**
 * Samples `picks` rows of the pool: each position is random with probability ε. The random positions get distinct rows of the
 * pool, drawn uniformly; the others get the best rows that are left, in order. Ties are broken at random. The propensities
 * are exact.
 *
 * @param value by row.
 */
export function exploreGreedily(
  pool: Int32Array,
  value: Float64Array,
  epsilon: number,
  picks: number,
  rng: RandomGenerator,
): ExploredRow[] {
  if (picks === 0) return [];
  const isRandom = Array.from({ length: picks }, () => uniformFloat64(rng) < epsilon);
  const drawn = drawRows(pool, isRandom.filter(Boolean).length, rng);
  const groups = bestGroups(pool, value, picks);
  const isDrawn = new Set(drawn);
  const best = groups
    .flatMap(({ rows, above }) => shuffled(rows, picks - above, rng))
    .filter((row) => !isDrawn.has(row));
  const propensity = propensities(pool.length, groups, epsilon, picks);
  let nextDrawn = 0;
  let nextBest = 0;
  return isRandom.map((random) => {
    const row = (random ? drawn[nextDrawn++] : best[nextBest++]) as number;
    return { row, propensity: propensity(row) };
  });
}

/** Draws distinct rows uniformly. */
function drawRows(pool: Int32Array, count: number, rng: RandomGenerator): number[] {
  const drawn = new Set<number>();
  while (drawn.size < count) drawn.add(pool[uniformInt(rng, 0, pool.length - 1)] as number);
  return [...drawn];
}

/** The rows of the best values, best first: as many groups as `picks` rows need. */
function bestGroups(pool: Int32Array, value: Float64Array, picks: number): Ties[] {
  const best = bestRows(pool, picks, { key: value, volumeTotal: value }, { above: -Infinity, wanted: null });
  const lowest = value[best.at(-1) as number] as number;
  const groups: { rows: number[]; above: number }[] = [];
  for (const [rank, row] of best.entries()) {
    if (value[row] === lowest) break;
    const last = groups.at(-1);
    if (last !== undefined && value[last.rows[0] as number] === value[row]) last.rows.push(row);
    else groups.push({ rows: [row], above: rank });
  }
  const above = groups.reduce((sum, { rows }) => sum + rows.length, 0);
  return [
    ...groups.map((group) => ({ ...group, rows: Int32Array.from(group.rows) })),
    { rows: pool.filter((row) => value[row] === lowest), above },
  ];
}

/** The first `count` rows of a random order. */
function shuffled(rows: Int32Array, count: number, rng: RandomGenerator): number[] {
  if (rows.length === 1) return [...rows];
  const order = rows.slice();
  const length = Math.min(count, order.length);
  for (let index = 0; index < length; index += 1) {
    const other = uniformInt(rng, index, order.length - 1);
    const row = order[index] as number;
    order[index] = order[other] as number;
    order[other] = row;
  }
  return [...order.subarray(0, length)];
}

/** Returns the function of a row's propensity: the mean over the ranks that its group takes. */
function propensities(
  size: number,
  groups: readonly Ties[],
  epsilon: number,
  picks: number,
): (row: number) => number {
  const ofRow = new Map<number, Ties>();
  for (const group of groups) for (const row of group.rows) ofRow.set(row, group);
  const byRank = new Map<number, number>();
  const atRank = (rank: number): number => {
    const known = byRank.get(rank) ?? inclusionProbability(rank, size, epsilon, picks);
    byRank.set(rank, known);
    return known;
  };
  return (row) => {
    const group = ofRow.get(row);
    if (group === undefined) return atRank(picks + 1);
    const { rows, above } = group;
    let sum = 0;
    const ranked = Math.min(rows.length, picks - above);
    for (let rank = above + 1; rank <= above + ranked; rank += 1) sum += atRank(rank);
    if (rows.length > ranked) sum += (rows.length - ranked) * atRank(picks + 1);
    return Math.min(1, sum / rows.length);
  };
}

/**
 * The probability that a sample of `picks` rows has the row of a rank, from 1, of a pool. For m random positions, the row is
 * among the drawn with probability m / size. Otherwise it is among the `picks − m` best that are left if at least
 * `rank − picks + m` of the rank − 1 better rows are drawn, a hypergeometric number. The sum is over the binomial m.
 */
export function inclusionProbability(rank: number, size: number, epsilon: number, picks: number): number {
  let sum = 0;
  // The probability of m random positions.
  let binomial = (1 - epsilon) ** picks;
  if (epsilon === 1) return picks / size;
  for (let m = 0; m <= picks; m += 1) {
    const isDrawn = m / size;
    const isLeft = rank > picks ? 0 : atLeast(rank - picks + m, m, rank - 1, size - 1);
    sum += binomial * (isDrawn + (1 - isDrawn) * isLeft);
    binomial *= ((picks - m) / (m + 1)) * (epsilon / (1 - epsilon));
  }
  return Math.min(1, sum);
}

/** The probability that at least `least` of `draws` distinct elements of a set of `size` are among `marked` of them. */
function atLeast(least: number, draws: number, marked: number, size: number): number {
  const lowest = Math.max(0, draws + marked - size);
  const highest = Math.min(draws, marked);
  if (least <= lowest) return 1;
  if (least > highest) return 0;
  // Probabilities relative to that of the lowest number; they add up to the divisor.
  let relative = 1;
  let all = 0;
  let enough = 0;
  for (let count = lowest; count <= highest; count += 1) {
    all += relative;
    if (count >= least) enough += relative;
    relative *= ((marked - count) / (count + 1)) * ((draws - count) / (size - marked - draws + count + 1));
  }
  return enough / all;
}
