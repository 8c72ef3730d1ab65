import { describe, expect, it } from 'vitest';
import { followup } from '../../../../../src/scoring/v2/components/viewing.js';

describe('followup', () => {
  it('is the move in log-odds, at most 1', () => {
    const fullMove = 1 / (1 + Math.exp(-1));
    expect(followup(fullMove, 0.5)).toBeCloseTo(1, 12);
    expect(followup(0.5, 0.6)).toBeCloseTo(Math.log(0.6 / 0.4), 12);
    expect([followup(0.5, 0.5), followup(0.1, 0.9)]).toEqual([0, 1]);
  });

  it('is 0 between probabilities that are clamped to the same value', () => {
    expect(followup(0.003, 0)).toBe(0);
  });

  it('is 0 when either probability is unknown', () => {
    expect([followup(NaN, 0.5), followup(0.5, NaN)]).toEqual([0, 0]);
  });
});
