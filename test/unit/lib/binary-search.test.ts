import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lowerBound } from '../../../src/lib/binary-search.js';

it('returns the first index that is not before the value, or the length if there is none', () => {
  const values = [1, 3, 3, 7];
  const firstAtLeast = (value: number, from = 0) =>
    lowerBound(values.length, (index) => (values[index] ?? NaN) < value, from);
  expect([0, 1, 2, 3, 4, 7, 8].map((value) => firstAtLeast(value))).toEqual([0, 0, 1, 1, 3, 3, 4]);
  expect(firstAtLeast(0, 2)).toBe(2);
  expect(lowerBound(0, () => true)).toBe(0);
});

it('agrees with a linear search', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20 })),
      fc.integer({ min: 0, max: 21 }),
      (unsorted, value) => {
        const values = unsorted.toSorted((a, b) => a - b);
        const expected = values.findIndex((other) => other >= value);
        expect(lowerBound(values.length, (index) => (values[index] ?? NaN) < value)).toBe(
          expected === -1 ? values.length : expected,
        );
      },
    ),
  );
});
