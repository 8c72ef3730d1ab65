import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { lowerBound } from '../../lib/binary-search.js';
import { keyRows } from '../../scoring/v2/key-rows.js';
import type { ExploredRow } from './policies/sampler.js';
import type { SlateColumns, SlateInput } from './slate.js';
import type { SlateLimits } from './slate-limits.js';

/**
 * The rows that may be explored on a slate whose other rows are selected: those with a positive weight that are not on
 * it. Of an event or category with room for fewer than `picks` rows only the heaviest are in the pool, as many as there is
 * room for. So any `picks` rows of the pool fit on the slate, and none is dropped after sampling, which would falsify
 * propensities.
 */
export function explorationPool(
  { eligible, exploration, columns }: Pick<SlateInput, 'eligible' | 'exploration' | 'columns'>,
  limits: SlateLimits,
  onSlate: readonly number[],
  picks: number,
): Int32Array {
  const { weight } = exploration;
  const candidates = without(exploration.rows, [...eligible.removed, ...onSlate]);
  const ofEvents =
    limits.roomOfNewEvent < picks
      ? heaviestOfAllEvents(candidates, columns, limits, weight, picks)
      : heaviestOfEvents(candidates, columns, limits, weight, onSlate, picks);
  if (limits.categoryRoom(0) === Infinity) return ofEvents;
  const categoryRoom = new Int32Array(columns.topics.count);
  for (let id = 0; id < categoryRoom.length; id += 1) categoryRoom[id] = limits.categoryRoom(id);
  return heaviestOfGroups(ofEvents, columns.category, categoryRoom, weight, picks);
}

type EventColumns = Pick<SlateColumns, 'event' | 'eventCount'>;

/** {@link heaviestOfGroups} for events. */
function heaviestOfAllEvents(
  rows: Int32Array,
  { event, eventCount }: EventColumns,
  limits: SlateLimits,
  weight: Float64Array,
  picks: number,
): Int32Array {
  const room = new Int32Array(eventCount);
  for (let id = 0; id < eventCount; id += 1) room[id] = limits.eventRoom(id);
  return heaviestOfGroups(rows, event, room, weight, picks);
}

/** Likewise, if only events on the slate have too little room: it reads the rows of these events only. */
function heaviestOfEvents(
  rows: Int32Array,
  columns: EventColumns,
  limits: SlateLimits,
  weight: Float64Array,
  onSlate: readonly number[],
  picks: number,
): Int32Array {
  const excluded: number[] = [];
  const { start, rows: rowsByEvent } = keyRows(columns.event, columns.eventCount);
  for (const id of new Set(onSlate.map((row) => columns.event[row] as number))) {
    const room = limits.eventRoom(id);
    if (room >= picks) continue;
    const ofEvent = rowsByEvent.subarray(start[id], start[id + 1]).filter((row) => includes(rows, row));
    if (ofEvent.length <= room) continue;
    ofEvent.sort((a, b) => (weight[b] as number) - (weight[a] as number) || a - b);
    excluded.push(...ofEvent.subarray(Math.max(0, room)));
  }
  return without(rows, excluded);
}

/** The rows, ascending, without some others. It copies the rows in between. */
function without(rows: Int32Array, others: number[]): Int32Array {
  const left = new Int32Array(rows.length);
  let count = 0;
  let from = 0;
  for (const other of others.sort((a, b) => a - b)) {
    const at = indexOf(rows, other, from);
    left.set(rows.subarray(from, at), count);
    count += at - from;
    from = rows[at] === other ? at + 1 : at;
  }
  left.set(rows.subarray(from), count);
  return left.subarray(0, count + rows.length - from);
}

/** The index of a row among ascending ones, or of the first one after it. */
function indexOf(rows: Int32Array, row: number, from = 0): number {
  return lowerBound(rows.length, (index) => (rows[index] as number) < row, from);
}

function includes(rows: Int32Array, row: number): boolean {
  return rows[indexOf(rows, row)] === row;
}

/**
 * The rows without those that are too many of a group: of a group with room for fewer than `picks`, only the heaviest, as
 * many as it has room for, ties to the lower row.
 *
 * @param group by row; −1 is no group.
 * @param room by group.
 */
function heaviestOfGroups(
  rows: Int32Array,
  group: Int32Array,
  room: Int32Array,
  weight: Float64Array,
  picks: number,
): Int32Array {
  const isKept = new Uint8Array(rows.length);
  let crowded = 0;
  let largestRoom = 0;
  for (let i = 0; i < rows.length; i += 1) {
    const id = group[rows[i] as number] as number;
    const own = id < 0 ? picks : (room[id] as number);
    if (own >= picks) isKept[i] = 1;
    else {
      crowded += 1;
      if (own > largestRoom) largestRoom = own;
    }
  }
  if (crowded === 0) return rows;
  for (let round = 0; round < largestRoom; round += 1) {
    const heaviest = new Int32Array(room.length).fill(-1);
    for (let i = 0; i < rows.length; i += 1) {
      if (isKept[i] === 1) continue;
      const id = group[rows[i] as number] as number;
      if ((room[id] as number) <= round) continue;
      const other = heaviest[id] as number;
      if (other < 0 || weightAt(i) > weightAt(other)) heaviest[id] = i;
    }
    for (const i of heaviest) if (i >= 0) isKept[i] = 1;
  }
  let count = 0;
  const kept = new Int32Array(rows.length);
  for (let i = 0; i < rows.length; i += 1) if (isKept[i] === 1) kept[count++] = rows[i] as number;
  return kept.subarray(0, count);

  function weightAt(i: number): number {
    return weight[rows[i] as number] as number;
  }
}

/**
 * Samples `picks` rows of the pool without replacement, with probability proportional to weight: those with the largest
 * Gumbel keys ln(weight) + G, in their order (Kool, van Hoof & Welling 2019, "Stochastic beams and where to find them").
 * Their exponentials with the opposite sign, E / weight with E standard exponential, are compared: the smallest win. So
 * each row has a clock that rings at a rate of its weight, and the first `picks` to ring are sampled.
 *
 * The keys of most rows are never drawn: the weight that passes before the next row enters the reservoir is exponential
 * too (Efraimidis & Spirakis 2006, "Weighted random sampling with a reservoir", algorithm A-ExpJ).
 */
export function explore(
  pool: Int32Array,
  weight: Float64Array,
  picks: number,
  rng: RandomGenerator,
): ExploredRow[] {
  if (picks === 0) return [];
  /** The earliest clocks by time, at most one more than `picks`. */
  const earliest: { readonly row: number; readonly time: number }[] = [];
  let skip = 0;
  for (let i = 0; i < pool.length; i += 1) {
    const row = pool[i] as number;
    const rate = weight[row] as number;
    let time: number;
    if (earliest.length <= picks) time = exponential(rng) / rate;
    else {
      skip -= rate;
      if (skip > 0) continue;
      // The clock rings before the last of the reservoir, so its time is exponential up to that one's.
      time = -Math.log1p(uniformFloat64(rng) * Math.expm1(-rate * last())) / rate;
      earliest.pop();
    }
    const later = earliest.findIndex((other) => time < other.time);
    earliest.splice(later < 0 ? earliest.length : later, 0, { row, time });
    if (earliest.length > picks) skip = exponential(rng) / last();
  }
  const propensity = propensityOf(pool, weight, picks, earliest[picks]?.time ?? Infinity);
  return earliest.slice(0, picks).map(({ row }) => ({ row, propensity: propensity(row) }));

  function last(): number {
    return earliest.at(-1)?.time ?? Infinity;
  }
}

/**
 * Returns the probability that a sampled row is among the `picks`. For one pick it is w / W, with W the sum of all
 * weights. For two it is w / W, plus w_j / W · w / (W − w_j) summed over the other rows j. For more it is conditional on
 * the other rows' clocks: 1 − e^(−w · threshold), which is as unbiased, but varies with the seed (Kool et al., section
 * 4.1).
 *
 * @param threshold the time of the first clock that is not sampled; infinite if all rows are sampled.
 */
function propensityOf(
  pool: Int32Array,
  weight: Float64Array,
  picks: number,
  threshold: number,
): (row: number) => number {
  const given = (row: number): number => -Math.expm1(-(weight[row] as number) * threshold);
  if (picks > 2 || threshold === Infinity) return given;
  let total = 0;
  for (let i = 0; i < pool.length; i += 1) total += weight[pool[i] as number] as number;
  if (picks === 1) return (row) => (weight[row] as number) / total;
  let odds = 0;
  for (let i = 0; i < pool.length; i += 1) {
    const own = weight[pool[i] as number] as number;
    odds += own / (total - own);
  }
  // One weight may exceed the precision of the sum of the others.
  if (!Number.isFinite(odds)) return given;
  return (row) => {
    const own = weight[row] as number;
    return Math.min(1, (own / total) * (1 + odds - own / (total - own)));
  };
}

/** A draw from the exponential distribution of rate 1; above 0. */
function exponential(rng: RandomGenerator): number {
  return -Math.log1p(-uniformFloat64(rng)) || Number.MIN_VALUE;
}

/**
 * A generator whose draws are independent for seeds that are close to each other: SplitMix64 makes its state (Steele, Lea
 * & Flood 2014, "Fast splittable pseudorandom number generators").
 *
 * @param seed an integer, of which the lowest 64 bits count.
 * @throws {RangeError} for a seed that is not an integer.
 */
export function seededGenerator(seed: number | bigint): RandomGenerator {
  const words: number[] = [];
  let state = BigInt(seed);
  for (let half = 0; half < 2; half += 1) {
    state = BigInt.asUintN(64, state + 0x9e3779b97f4a7c15n);
    let mixed = BigInt.asUintN(64, (state ^ (state >> 30n)) * 0xbf58476d1ce4e5b9n);
    mixed = BigInt.asUintN(64, (mixed ^ (mixed >> 27n)) * 0x94d049bb133111ebn);
    mixed ^= mixed >> 31n;
    words.push(Number(BigInt.asIntN(32, mixed >> 32n)), Number(BigInt.asIntN(32, mixed)));
  }
  return xoroshiro128plusFromState(words);
}
