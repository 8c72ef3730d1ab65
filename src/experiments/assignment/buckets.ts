import type { LayerRange } from '../../domain/experiment.js';
import { bucketOf } from './hash.js';

/** The buckets [low, high). */
export type BucketRange = readonly [low: number, high: number];

/** Tolerance of the sum of weights; beyond it, equal weights apply. */
const WEIGHT_TOLERANCE = 0.01;

/**
 * The buckets of each arm. An arm starts at the sum of the weights before it, whatever the coverage: a growing coverage
 * adds units to every arm and moves none to another. Equals `getBucketRanges` of the GrowthBook SDK.
 *
 * @param coverage share of the units, clamped to 0 to 1.
 * @param weights one per arm, with the sum 1; otherwise the arms get equal weights.
 */
export function bucketRanges(arms: number, coverage: number, weights?: readonly number[]): BucketRange[] {
  const covered = Math.min(1, Math.max(0, coverage));
  let start = 0;
  return usableWeights(arms, weights).map((weight) => {
    const range = [start, start + covered * weight] as const;
    start += weight;
    return range;
  });
}

/** One weight per arm that sums to 1. */
export function equalWeights(arms: number): number[] {
  return arms <= 0 ? [] : new Array<number>(arms).fill(1 / arms);
}

/** The index of the arm whose range contains the bucket; −1 if none does. */
export function armOfBucket(bucket: number, ranges: readonly BucketRange[]): number {
  return ranges.findIndex(([low, high]) => bucket >= low && bucket < high);
}

/** Whether a layer gives the unit to this range. Equals `inNamespace` of the GrowthBook SDK. */
export function inLayer(unit: string, { name, from, to }: LayerRange): boolean {
  const bucket = bucketOf(`__${name}`, unit, 1);
  return bucket >= from && bucket < to;
}

function usableWeights(arms: number, weights: readonly number[] | undefined): readonly number[] {
  if (weights?.length !== arms) return equalWeights(arms);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Math.abs(sum - 1) <= WEIGHT_TOLERANCE ? weights : equalWeights(arms);
}
