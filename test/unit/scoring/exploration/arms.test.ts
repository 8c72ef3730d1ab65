import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  betaDeviation,
  betaPosterior,
  rewardRate,
  ucb1Index,
  valueOf,
} from '../../../../src/scoring/exploration/arms.js';

const prior = { priorClickRate: 0.05, priorImpressions: 20 };

describe('an arm', () => {
  it('has a Beta posterior: the prior as so many impressions, plus rewards and the other impressions', () => {
    expect(betaPosterior({ impressions: 0, rewards: 0 }, prior)).toEqual({ alpha: 1, beta: 19 });
    expect(betaPosterior({ impressions: 80, rewards: 11 }, prior)).toEqual({ alpha: 12, beta: 88 });
    expect(rewardRate({ impressions: 80, rewards: 11 }, prior)).toBe(0.12);
  });

  it('has the deviation of its Beta distribution', () => {
    // √(12 · 88 / (100² · 101)), and that of the uniform distribution, √(1 / 12).
    expect(betaDeviation({ alpha: 12, beta: 88 })).toBeCloseTo(0.032335, 6);
    expect(betaDeviation({ alpha: 1, beta: 1 })).toBeCloseTo(Math.sqrt(1 / 12), 12);
  });

  it('has the index of UCB1: its rate plus a width that shrinks with its impressions', () => {
    // 0.12 + 2 · √(0.05 · 0.95) · √(ln(1,001) / 100) = 0.12 + 2 · 0.217945 · 0.262844.
    expect(ucb1Index({ impressions: 80, rewards: 11 }, 1_000, prior, 2)).toBeCloseTo(0.234572, 6);
    expect(ucb1Index({ impressions: 0, rewards: 0 }, 0, prior, 2)).toBe(0.05);
  });

  it('has an index that never decreases with the impressions of the others, nor with a reward', () => {
    const count = fc.nat(10_000);
    fc.assert(
      fc.property(count, count, count, (impressions, rewards, total) => {
        const arm = { impressions, rewards: Math.min(rewards, impressions) };
        const index = ucb1Index(arm, total, prior, 1);
        expect(ucb1Index(arm, total + 100, prior, 1)).toBeGreaterThanOrEqual(index);
        expect(ucb1Index({ ...arm, rewards: arm.rewards + 1 }, total, prior, 1)).toBeGreaterThan(index);
      }),
    );
  });

  it('has a value that decreases with its remaining life, also below 0', () => {
    expect([valueOf(0.1, 1), valueOf(0.1, 0.5)]).toEqual([0.1, 0.05]);
    expect([valueOf(-0.1, 1), valueOf(-0.1, 0.5)]).toEqual([-0.1, -0.2]);
  });
});
