import { describe, expect, it } from 'vitest';
import { compareRatios } from '../../../bench/suite/baseline.ts';

describe('compareRatios', () => {
  it.each([
    ['same', 0.76],
    ['worse', 0.74],
    ['same', 1.24],
    ['better', 1.26],
    ['worse', NaN],
  ])('finds a ratio %s at %d times the baseline', (verdict, factor) => {
    expect(compareRatios({ ratio: 2 }, { ratio: 2 * factor })[0]?.verdict).toBe(verdict);
  });

  it('reports a ratio of the baseline that was not measured', () => {
    expect(compareRatios({ ratio: 2 }, { other: 2 })[0]?.verdict).toBe('missing');
  });
});
