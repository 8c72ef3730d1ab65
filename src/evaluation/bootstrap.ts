import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Where a mean lies with 95 % confidence. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * 95 % intervals of means over observations that come in clusters, by the percentile bootstrap: people, not
 * observations, are drawn with replacement, because what one person does hangs together. Every mean is resampled
 * with the same draws. Costs a sum for each cluster, measure and resample, however many the observations.
 *
 * Source: Efron and Tibshirani 1993, "An introduction to the bootstrap"; Davison and Hinkley 1997, section 3.8.
 *
 * @param counts by cluster, how many observations it has, each above 0.
 * @param sums by measure and cluster, the sum over its observations.
 * @returns by measure; null when there are fewer than two clusters, which say nothing of the spread.
 */
export function bootstrapIntervals(
  counts: Float64Array,
  sums: readonly Float64Array[],
  { seed, resamples }: { seed: number; resamples: number },
): (Interval | null)[] {
  const clusters = counts.length;
  if (clusters < 2) return sums.map(() => null);
  const rng = xoroshiro128plus(seed);
  const means = sums.map(() => new Float64Array(resamples));
  const drawn = new Float64Array(clusters);
  for (let resample = 0; resample < resamples; resample += 1) {
    drawn.fill(0);
    for (let draw = 0; draw < clusters; draw += 1) {
      const cluster = uniformInt(rng, 0, clusters - 1);
      drawn[cluster] = (drawn[cluster] ?? 0) + 1;
    }
    const count = dot(drawn, counts);
    sums.forEach((ofMeasure, measure) => {
      const target = means[measure];
      if (target !== undefined) target[resample] = dot(drawn, ofMeasure) / count;
    });
  }
  return means.map((resampled) => {
    resampled.sort();
    return { low: quantile(resampled, 0.025), high: quantile(resampled, 0.975) };
  });
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] ?? 0) * (b[index] ?? 0);
  return sum;
}

/** Between the two nearest of the sorted values, in proportion. */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? NaN;
  const above = sorted[Math.ceil(place)] ?? NaN;
  return below + (above - below) * (place - Math.floor(place));
}
