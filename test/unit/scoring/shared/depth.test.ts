import { describe, expect, it } from 'vitest';
import { depth } from '../../../../src/scoring/shared/depth.js';

describe('depth', () => {
  const sportsDwell = (totalMs: number, events: number) => new Map([['sports', { totalMs, events }]]);

  it.each([
    [45_000, 3, 0.5],
    [30_000, 1, 1],
    [29_999, 1, 29_999 / 30_000],
    [600_000, 2, 1],
    [0, 4, 0],
    [0, 0, 0],
  ])('for %i ms of dwell time in %i events is %s', (totalMs, events, expected) => {
    expect(depth('sports', sportsDwell(totalMs, events))).toBeCloseTo(expected, 12);
  });

  it('is 0 for a category without dwell times', () => {
    expect(depth('politics', sportsDwell(30_000, 1))).toBe(0);
  });
});
