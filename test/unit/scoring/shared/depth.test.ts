import { describe, expect, it } from 'vitest';
import { depth } from '../../../../src/scoring/shared/depth.js';

describe('depth', () => {
  const dwell = (totalMs: number, events: number) => new Map([['x', { totalMs, events }]]);

  it.each([
    [45_000, 3, 0.5],
    [30_000, 1, 1],
    [29_999, 1, 29_999 / 30_000],
    [600_000, 2, 1],
    [0, 4, 0],
    [0, 0, 0],
  ])('of %i ms in %i events is %s', (totalMs, events, expected) => {
    expect(depth('x', dwell(totalMs, events))).toBeCloseTo(expected, 12);
  });

  it('is 0 for a category without dwell times', () => {
    expect(depth('y', dwell(30_000, 1))).toBe(0);
  });
});
