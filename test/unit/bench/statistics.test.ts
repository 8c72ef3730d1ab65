/** The simulations of `npm run bench:statistics` at a reduced size. */
import { describe, expect, it } from 'vitest';
import { simulateAbTests } from '../../../bench/statistics/ab-tests.ts';
import { simulateOpenBandit } from '../../../bench/statistics/open-bandit.ts';
import { simulateOwnExploration } from '../../../bench/statistics/own-exploration.ts';
import { simulateSampleRatios } from '../../../bench/statistics/sample-ratios.ts';
import { cupedReduction } from '../../../bench/statistics/sample-cuped.ts';

describe('experiments without an effect, with a look on each of 28 days', () => {
  const counts = simulateAbTests({ seed: 1, tests: 200, usersPerDay: 100, effect: 0 });

  it('are stopped in at most 5% by the always-valid interval', () => {
    expect(counts.foundByPeekingAlwaysValid).toBeLessThanOrEqual(10);
  });

  it('are stopped in more than 15% by the fixed interval, which is for one look', () => {
    expect(counts.foundByPeekingFixed).toBeGreaterThan(30);
  });

  it('have a fixed interval that covers 0 at the end in about 95%', () => {
    // Four standard deviations around 190.
    expect(Math.abs(counts.coveredAtEnd - 190)).toBeLessThanOrEqual(12);
  });
});

describe('experiments with an effect of 5%', () => {
  it('find it with the always-valid interval in most cases, and cover it on all days', () => {
    const counts = simulateAbTests({ seed: 2, tests: 40, usersPerDay: 300, effect: 0.05 });
    expect(counts.foundByPeekingAlwaysValid).toBeGreaterThanOrEqual(24);
    expect(counts.coveredOnAllDays).toBeGreaterThanOrEqual(38);
  });
});

describe('sample ratios, with a look on each of 28 days', () => {
  it('raise a sequential alarm at 1% in at most 1% without losses, and in most cases with 5% lost', () => {
    const options = { seed: 4, tests: 100, unitsPerDay: 1_000 };
    expect(simulateSampleRatios({ ...options, lost: 0 }).sequential).toBeLessThanOrEqual(1);
    expect(simulateSampleRatios({ ...options, lost: 0.05 }).sequential).toBeGreaterThanOrEqual(75);
  });
});

describe('logs of a known world', () => {
  it('are covered by the intervals of all estimators in about 95%', () => {
    const options = { seed: 3, runs: 100, slates: 1_000, slatesPerUser: 2, clickRate: 0.05 };
    const { covered, relativeMean, sequenceCovered } = simulateOpenBandit(options);
    for (const [name, count] of Object.entries(covered)) {
      expect(count, name).toBeGreaterThanOrEqual(90);
    }
    for (const [name, mean] of Object.entries(relativeMean)) {
      expect(Math.abs(mean - 1), name).toBeLessThan(0.1);
    }
    expect(sequenceCovered).toBeGreaterThanOrEqual(95);
  });

  it("are covered when the gateway's exploration wrote the propensities", () => {
    for (const picks of [1, 3]) {
      const options = { seed: 5, runs: 50, slates: 500, picks };
      for (const [name, count] of Object.entries(simulateOwnExploration(options))) {
        expect(count, name).toBeGreaterThanOrEqual(44);
      }
    }
  });
});

describe('CUPED on the sample', () => {
  it('removes variance of the interactions per user', () => {
    expect(cupedReduction({ seed: 1, users: 300, days: 7 }).reduction).toBeGreaterThan(0.1);
  });
});
