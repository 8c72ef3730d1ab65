import { describe, expect, it } from 'vitest';
import { clampToUnit, logit, roundedChange } from '../../../../src/scoring/shared/probability.js';

describe('logit', () => {
  it('clamps probabilities to 0.01 and 0.99', () => {
    expect(logit(0)).toBe(logit(0.01));
    expect(logit(1)).toBe(logit(0.99));
    expect(logit(0.99)).toBeCloseTo(Math.log(99), 12);
  });

  it('is NaN for NaN', () => {
    expect(logit(NaN)).toBeNaN();
  });
});

describe('rounded change', () => {
  it('equals the decimal difference where floating point does not', () => {
    expect(0.55 - 0.5).not.toBe(0.05);
    expect([roundedChange(0.5, 0.55), roundedChange(0.55, 0.5)]).toEqual([0.05, 0.05]);
    expect(roundedChange(0.5, 0.55 + 1e-8)).toBeGreaterThan(0.05);
  });
});

describe('clamping to the unit range', () => {
  it('keeps values within 0 and 1 and maps NaN to 0', () => {
    expect([-1, 0, 0.3, 1, 2, Infinity, -Infinity, NaN].map(clampToUnit)).toEqual([0, 0, 0.3, 1, 1, 1, 0, 0]);
  });
});
