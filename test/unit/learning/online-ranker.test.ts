import fc from 'fast-check';
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

  describe('descends the gradient', () => {
    const weight = fc.double({ min: 0.5, max: 2, noNaN: true });
    const input = fc.double({ min: -1, max: 1, noNaN: true });
    const row = fc.array(input, { minLength: 3, maxLength: 3 }).map((values) => Float64Array.from(values));
    const rows = fc.array(row, { minLength: 2, maxLength: 6 });
    const weights = fc
      .array(weight, { minLength: 3, maxLength: 3 })
      .map((values) => Float64Array.from(values));
    const dot = (a: Float64Array, b: Float64Array) =>
      a.reduce((sum, value, index) => sum + value * (b[index] as number), 0);

    /** The gradient of a step: its sign from the change of the weight, its size from the sum of squares. */
    const gradientOf = (before: Float64Array, step: (ranker: OnlineRanker) => void): number[] => {
      const ranker = new OnlineRanker(before, Float64Array.of(-9, -9, -9));
      const squares = ranker.state.squares;
      step(ranker);
      const after = ranker.state;
      return [...before].map((value, index) => {
        const size = Math.sqrt((after.squares[index] as number) - (squares[index] as number));
        return size * Math.sign(value - (after.weights[index] as number));
      });
    };
    /** Central differences of a loss. */
    const differencesOf = (at: Float64Array, loss: (weights: Float64Array) => number): number[] =>
      [...at].map((_, index) => {
        const shifted = (by: number) => at.map((value, other) => (other === index ? value + by : value));
        return (loss(shifted(1e-5)) - loss(shifted(-1e-5))) / 2e-5;
      });
    const expectClose = (gradient: readonly number[], expected: readonly number[]) => {
      expected.forEach((value, index) => {
        expect(gradient[index]).toBeCloseTo(value, 5);
      });
    };

    it('of −ln p of the choice, times the confidence', () => {
      fc.assert(
        fc.property(weights, rows, fc.integer({ min: 10, max: 5_000 }), (at, drawn, others) => {
          const correction = Math.log(others / (drawn.length - 1));
          const probability = (by: Float64Array): number => {
            const odds = drawn.map((inputs, index) =>
              Math.exp(dot(inputs, by) + (index === 0 ? 0 : correction)),
            );
            return (odds[0] as number) / odds.reduce((sum, value) => sum + value);
          };
          const confidence = probability(at) ** 0.3;
          // At the default weights, the pull towards them is 0.
          const expected = differencesOf(at, (by) => -Math.log(probability(by)));
          expectClose(
            gradientOf(at, (ranker) => ranker.step(drawn, others)),
            expected.map((value) => confidence * value),
          );
        }),
        { numRuns: 50 },
      );
    });

    it('of the mean of ln(1 + e^(z_rejected − z_other)), times the strength', () => {
      fc.assert(
        fc.property(weights, rows, fc.constantFrom(0.1, 1, 3), (at, drawn, strength) => {
          const [rejected = Float64Array.of(), ...others] = drawn;
          const loss = (by: Float64Array): number =>
            others.reduce(
              (sum, other) => sum + Math.log(1 + Math.exp(dot(rejected, by) - dot(other, by))),
              0,
            ) / others.length;
          expectClose(
            gradientOf(at, (ranker) => {
              ranker.reject(drawn, strength);
            }),
            differencesOf(at, loss).map((value) => strength * value),
          );
        }),
        { numRuns: 50 },
      );
    });

    it('by hand for a rejected market and one other', () => {
      const ranker = new OnlineRanker(Float64Array.of(2, 1), Float64Array.of(0, 0));
      ranker.reject([Float64Array.of(1, 0), Float64Array.of(0, 1)], 0.5);
      const gradient = 0.5 / (1 + Math.exp(-1));
      const step = (0.2 * gradient) / Math.sqrt(0.1 + gradient ** 2);
      expect(ranker.state.weights[0]).toBeCloseTo(2 - step, 12);
      expect(ranker.state.weights[1]).toBeCloseTo(1 + step, 12);
    });
  });
});
