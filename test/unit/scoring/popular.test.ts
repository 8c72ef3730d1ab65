import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { popularColumn } from '../../../src/scoring/shared/popular.js';

describe('how popular markets are', () => {
  it('is on a logarithmic scale from none to the most popular one', () => {
    expect([...popularColumn(Float64Array.of(0, 1, 3))]).toEqual([0, expect.closeTo(0.5, 12), 1]);
  });

  it('is 0 for all when nobody did anything, and for numbers that make no sense', () => {
    expect([...popularColumn(Float64Array.of(0, 0))]).toEqual([0, 0]);
    expect([...popularColumn(new Float64Array(0))]).toEqual([]);
    expect([...popularColumn(Float64Array.of(-3, NaN, 2))]).toEqual([0, 0, 1]);
  });

  it('keeps the order of the counts, within 0 and 1', () => {
    const count = fc.oneof(fc.constant(0), fc.double({ min: 1e-9, max: 1e9, noNaN: true }));
    const counts = fc.array(count, { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(counts, (people) => {
        const popular = popularColumn(Float64Array.from(people));
        if (Math.max(...people) > 0) expect(Math.max(...popular)).toBeCloseTo(1, 12);
        for (const [row, one] of people.entries()) {
          expect(popular[row]).toBeGreaterThanOrEqual(0);
          expect(popular[row]).toBeLessThanOrEqual(1 + 1e-12);
          for (const [other, two] of people.entries())
            if (one < two) expect(popular[row]).toBeLessThanOrEqual(popular[other] ?? NaN);
        }
      }),
    );
  });
});
