import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { RobustSequence, slotSequence } from '../../../../src/experiments/off-policy/robust-sequence.js';

/** Weights and rewards of the test of Vowpal Wabbit's robust confidence sequence. */
const PUBLISHED = [
  [0.265260433, 0.4],
  [0.210534972, 0],
  [0.183917071, 1],
  [0.559713528, 1],
  [0.595640365, 1],
  [7.180584551, 0.9],
  [0.138659127, 0.9],
  [0.663108867, 0],
  [0.678420014, 0.1],
  [0.123112832, 0.9],
  [0.703156298, 1],
  [0.713376195, 0.1],
  [0.722519043, 1],
  [0.730768415, 0.6],
  [0.107544107, 1],
  [0.745132612, 1],
  [0.751442272, 0.9],
  [4.986560376, 0.4],
  [0.099391065, 1],
  [37.85031381, 0.9],
  [0.096127937, 0.9],
  [0.094648809, 0.6],
  [0.78106104, 0.9],
  [0.784993688, 0.9],
  [0.090697586, 0.6],
  [0.792238169, 0.4],
  [0.088398536, 1],
  [0.798782221, 0.6],
  [0.801821345, 0.3],
  [0.804722505, 0.9],
  [0.807496314, 0.9],
  [0.810154443, 0.1],
  [0.082674622, 1],
  [0.815150197, 0.6],
  [0.081068034, 0.4],
  [0.080309513, 0.1],
  [0.079578481, 0.4],
  [0.078873344, 1],
  [0.82609249, 1],
  [0.828055494, 0.7],
  [0.076898241, 1],
  [0.076283066, 1],
  [0.075686285, 1],
  [0.075107653, 0.4],
  [0.074546428, 1],
  [0.074001442, 1],
  [0.073472059, 0.9],
  [0.072958202, 0.9],
  [0.072457789, 1],
  [0.844657383, 0.9],
  [0.071496447, 0.9],
  [0.071034351, 1],
  [0.070584037, 0.9],
  [0.070145612, 0.6],
  [0.069717158, 1],
  [0.069298895, 0.5],
  [0.853830002, 0.3],
  [0.855015059, 1],
  [0.068101742, 1],
  [0.067721242, 0.9],
  [0.067348406, 0.1],
  [0.066983637, 0.3],
  [0.860565217, 0],
  [0.066277134, 0.6],
  [42.83659821, 0.4],
  [0.863622193, 0.3],
  [0.864597097, 1],
  [0.064949207, 0.1],
  [0.064633158, 0.6],
  [0.867408224, 0.9],
  [0.868308821, 0.9],
  [0.063721357, 0.9],
  [0.870070408, 0.4],
  [0.063140739, 1],
  [0.062858233, 0.6],
  [0.872580081, 1],
  [0.062307872, 0.9],
  [0.062040461, 1],
  [0.874968456, 0.6],
  [0.061517802, 0.9],
  [0.876488363, 1],
  [0.061012235, 0.6],
  [0.060765504, 0.9],
  [43.75649419, 0.4],
  [0.879389936, 1],
  [0.880083546, 1],
  [0.8807676, 1],
  [43.91880613, 0.9],
] as const;

describe('RobustSequence', () => {
  it("equals Vowpal Wabbit's published bounds", () => {
    const sequence = new RobustSequence();
    for (const [weight, reward] of PUBLISHED) sequence.add(weight, reward);
    const { low, high } = sequence.interval(0.05 / 16);
    // Vowpal Wabbit solves for the bounds with a tolerance of 0.0001, and its test allows as much.
    expect(Math.abs(low - 0.30209151)).toBeLessThan(0.0001);
    expect(Math.abs(high - 0.90219143)).toBeLessThan(0.0001);
    // The exact solution of the same equations.
    expect(low).toBeCloseTo(0.30215632, 8);
  });

  it("equals Vowpal Wabbit's published bounds for constant weights", () => {
    const sequence = new RobustSequence();
    for (let index = 0; index < 200; index += 1) {
      sequence.add(1.1, 1);
      sequence.add(1.1, 0);
    }
    const { low, high } = sequence.interval(0.05);
    expect(low).toBeCloseTo(0.45741, 3);
    expect(high).toBeCloseTo(0.54236, 3);
  });

  it('covers all of 0 to 1 without observations', () => {
    expect(new RobustSequence().interval(0.05)).toEqual({ low: 0, high: 1 });
  });

  it('contains the mean at ten looks at 1,000 observations with heavy weights, in at least 95% of 100 runs', () => {
    const rng = xoroshiro128plus(7);
    let misses = 0;
    for (let run = 0; run < 100; run += 1) {
      const sequence = new RobustSequence();
      let missed = false;
      for (let step = 1; step <= 1_000; step += 1) {
        // Weights 20 with probability 4%, else 5/24: the mean is 1. Rewards have the mean 0.3.
        const weight = uniformFloat64(rng) < 0.04 ? 20 : 5 / 24;
        sequence.add(weight, uniformFloat64(rng) < 0.3 ? 1 : 0);
        if (step % 100 !== 0) continue;
        const { low, high } = sequence.interval(0.05);
        missed ||= low > 0.3 || high < 0.3;
      }
      if (missed) misses += 1;
    }
    expect(misses).toBeLessThanOrEqual(5);
  });
});

describe('slotSequence', () => {
  it('estimates the mean reward of a slot', () => {
    const slot = (weight: number, reward: number) => ({ weight, reward, predicted: 0, expected: 0 });
    const slates = Array.from({ length: 2_000 }, (_, index) => ({
      user: `user-${index}`,
      slots: [slot(1.5, index % 2), slot(0.5, 0)],
    }));
    // Mean of (1.5 · 0.5 + 0.5 · 0) / 2.
    const { low, high } = slotSequence(slates, 0.05);
    expect(low).toBeGreaterThan(0.33);
    expect(low).toBeLessThan(0.375);
    expect(high).toBeGreaterThan(0.375);
    expect(high).toBeLessThan(0.42);
  });
});
