import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { OnlineRanker } from '../../../src/learning/online-ranker.js';

const LEAST = Float64Array.of(0, 0, 0);

describe('the online ranker', () => {
  it('takes the step of Adagrad on the sampled softmax', () => {
    const ranker = new OnlineRanker(Float64Array.of(1, 0.5), Float64Array.of(0, 0));
    const rows = [Float64Array.of(1, 0), Float64Array.of(0, 1)];
    const { learned, byDefault } = ranker.step(rows, 9);
    const p = Math.E / (Math.E + 9 * Math.exp(0.5));
    expect(learned).toBeCloseTo(p, 12);
    expect(byDefault).toBeCloseTo(p, 12);
    const gradient = p ** 0.3 * (1 - p);
    const step = (0.2 * gradient) / Math.sqrt(0.1 + gradient ** 2);
    expect(ranker.state.weights[0]).toBeCloseTo(1 + step, 12);
    expect(ranker.state.weights[1]).toBeCloseTo(0.5 - step, 12);
  });

  it('is pulled to the default weights and stays above the least', () => {
    const even = [Float64Array.of(1, 1, 1), Float64Array.of(1, 1, 1)];
    const weights = Float64Array.of(3, 3, 3);
    const ranker = new OnlineRanker(Float64Array.of(1, 3, 3), LEAST, {
      ...{ weights, squares: Float64Array.of(0.1, 0.1, 0.1) },
    });
    ranker.step(even, 1);
    expect(ranker.state.weights[0]).toBeLessThan(3);
    expect(ranker.state.weights[1]).toBe(3);
    const wrong = [Float64Array.of(0, 0, 0), Float64Array.of(50, 0, 0)];
    const bounded = new OnlineRanker(Float64Array.of(0.3, 0, 0), Float64Array.of(0.25, 0, 0));
    for (let step = 0; step < 50; step += 1) bounded.step(wrong, 100);
    expect(bounded.state.weights[0]).toBe(0.25);
  });

  it('finds the feature that decides choices, from defaults that name another one', () => {
    const rng = xoroshiro128plus(3);
    const ranker = new OnlineRanker(Float64Array.of(0, 4, 0), LEAST);
    let learnedMore = 0;
    for (let choice = 0; choice < 2_000; choice += 1) {
      const rows = Array.from({ length: 21 }, () =>
        Float64Array.from({ length: 3 }, () => uniformFloat64(rng)),
      ).sort((a, b) => (b[0] ?? 0) - (a[0] ?? 0));
      const { learned, byDefault } = ranker.step(rows, 20);
      if (choice >= 1_000 && learned > byDefault) learnedMore += 1;
    }
    const [first = 0, second = 0] = ranker.state.weights;
    expect(first).toBeGreaterThan(5 * second);
    expect(learnedMore).toBeGreaterThan(950);
  });
});
