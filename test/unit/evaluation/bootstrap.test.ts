import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { bootstrapIntervals } from '../../../src/evaluation/bootstrap.js';

const ones = (length: number): Float64Array => new Float64Array(length).fill(1);

describe('bootstrap confidence intervals', () => {
  it('are the same for the same seed and differ for another', () => {
    const sums = [Float64Array.from({ length: 40 }, (_, index) => index % 7)];
    const interval = (seed: number) => bootstrapIntervals(ones(40), sums, { seed, resamples: 200 });
    expect(interval(1)).toEqual(interval(1));
    expect(interval(1)).not.toEqual(interval(2));
  });

  it('have no width when all clusters have the same mean', () => {
    const counts = Float64Array.from([1, 5, 20]);
    const sums = [counts.map((count) => count * 0.25)];
    expect(bootstrapIntervals(counts, sums, { seed: 1, resamples: 100 })).toEqual([
      { low: 0.25, high: 0.25 },
    ]);
  });

  it('are null for one cluster', () => {
    expect(bootstrapIntervals(ones(1), [ones(1), ones(1)], { seed: 1, resamples: 100 })).toEqual([
      null,
      null,
    ]);
  });

  it('have the width of the normal approximation', () => {
    const values = Float64Array.from({ length: 400 }, (_, index) => index % 2);
    const [interval] = bootstrapIntervals(ones(400), [values], { seed: 3, resamples: 2_000 });
    // Standard error 0.5/√400 = 0.025; ±1.96 of them.
    expect(interval?.low).toBeCloseTo(0.451, 2);
    expect(interval?.high).toBeCloseTo(0.549, 2);
  });

  it('are wider for clustered observations', () => {
    const perCluster = Float64Array.from({ length: 20 }, (_, index) => (index % 2) * 20);
    const clustered = bootstrapIntervals(new Float64Array(20).fill(20), [perCluster], {
      seed: 1,
      resamples: 500,
    });
    const single = Float64Array.from({ length: 400 }, (_, index) => index % 2);
    const separate = bootstrapIntervals(ones(400), [single], { seed: 1, resamples: 500 });
    const width = ([interval]: typeof clustered): number => (interval?.high ?? NaN) - (interval?.low ?? NaN);
    expect(width(clustered)).toBeGreaterThan(3 * width(separate));
  });

  it('contain the true mean in about 95% of samples', () => {
    const rng = xoroshiro128plus(7);
    let covered = 0;
    for (let sample = 0; sample < 300; sample += 1) {
      // Users with 1 to 5 observations and their own success probability, whose expectation is 0.5.
      const counts = Float64Array.from({ length: 60 }, () => 1 + Math.floor(uniformFloat64(rng) * 5));
      const sums = counts.map((count) => {
        const probability = uniformFloat64(rng);
        let successes = 0;
        for (let each = 0; each < count; each += 1) successes += Number(uniformFloat64(rng) < probability);
        return successes;
      });
      const [interval] = bootstrapIntervals(counts, [sums], { seed: sample, resamples: 300 });
      if (interval && interval.low <= 0.5 && 0.5 <= interval.high) covered += 1;
    }
    expect(covered / 300).toBeGreaterThan(0.9);
    expect(covered / 300).toBeLessThan(0.985);
  });

  it('use the same resamples for every metric', () => {
    const sums = Float64Array.from({ length: 30 }, (_, index) => index);
    const [a, b] = bootstrapIntervals(ones(30), [sums, sums.map((sum) => 2 * sum)], {
      seed: 5,
      resamples: 100,
    });
    expect(b?.low).toBeCloseTo(2 * (a?.low ?? NaN), 9);
    expect(b?.high).toBeCloseTo(2 * (a?.high ?? NaN), 9);
  });
});
