import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A 95% confidence interval of a mean. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/**
 * 95% bootstrap confidence intervals of means over clustered observations, by the percentile method. It resamples
 * clusters with replacement and not observations, because the observations of one user are not independent. All means
 * use the same resamples. The cost is a sum per cluster, metric and resample, whatever the number of observations.
 *
 * Source: Efron and Tibshirani 1993, "An introduction to the bootstrap"; Davison and Hinkley 1997, section 3.8.
 *
 * @param counts number of observations by cluster, each above 0.
 * @param sums by metric and cluster, the sum over its observations.
 * @returns by metric; null with fewer than two clusters, which have no spread.
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
    sums.forEach((ofMetric, metric) => {
      const target = means[metric];
      if (target !== undefined) target[resample] = dot(drawn, ofMetric) / count;
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

/** Quantile with linear interpolation between the two nearest of the sorted values. */
function quantile(sorted: Float64Array, share: number): number {
  const position = share * (sorted.length - 1);
  const below = sorted[Math.floor(position)] ?? NaN;
  const above = sorted[Math.ceil(position)] ?? NaN;
  return below + (above - below) * (position - Math.floor(position));
}
